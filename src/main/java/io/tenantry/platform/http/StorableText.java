package io.tenantry.platform.http;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.databind.DeserializationContext;
import com.fasterxml.jackson.databind.KeyDeserializer;
import com.fasterxml.jackson.databind.deser.std.StringDeserializer;
import com.fasterxml.jackson.databind.exc.InvalidFormatException;
import java.io.IOException;

/**
 * Reads texts, wherever they are in a body, and refuses those that would not come back as they were sent: PostgreSQL has no text with U+0000, and
 * half of a surrogate pair becomes a question mark in UTF-8. Here the field can be named; the database would only say that some value is wrong.
 */
final class StorableText extends StringDeserializer {

    private static final long serialVersionUID = 1L;

    @Override
    public String deserialize(JsonParser json, DeserializationContext context) throws IOException {
        var text = super.deserialize(json, context);
        if (text != null && !isStorable(text)) {
            throw new Refused(json);
        }
        return text;
    }

    /** The names of an object whose members are named by the caller. */
    static final class Name extends KeyDeserializer {

        @Override
        public Object deserializeKey(String name, DeserializationContext context) throws IOException {
            if (!isStorable(name)) {
                throw new Refused(context.getParser());
            }
            return name;
        }
    }

    /** A text that cannot be stored; told apart from one of the wrong type. */
    static final class Refused extends InvalidFormatException {

        private static final long serialVersionUID = 1L;

        Refused(JsonParser json) {
            super(json, "a text that cannot be stored", null, String.class);
        }
    }

    static boolean isStorable(String text) {
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c == 0 || (Character.isSurrogate(c) && !isPair(text, i++))) {
                return false;
            }
        }
        return true;
    }

    private static boolean isPair(String text, int at) {
        return at + 1 < text.length() && Character.isSurrogatePair(text.charAt(at), text.charAt(at + 1));
    }
}
