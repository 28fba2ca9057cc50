package io.tenantry.platform.http;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.databind.DeserializationContext;
import com.fasterxml.jackson.databind.deser.std.NumberDeserializers.NumberDeserializer;
import com.fasterxml.jackson.databind.deser.std.StdScalarDeserializer;
import com.fasterxml.jackson.databind.exc.InvalidFormatException;
import java.io.IOException;

/**
 * Reads numbers that no field has given a type, such as those in metadata and in limits by model, and refuses those that are beyond every double: they
 * would become infinite, which is no number that anything could be compared with or that JSON could show again.
 */
final class FiniteNumber extends StdScalarDeserializer<Number> {

    private static final long serialVersionUID = 1L;

    FiniteNumber() {
        super(Number.class);
    }

    @Override
    public Number deserialize(JsonParser json, DeserializationContext context) throws IOException {
        var number = (Number) NumberDeserializer.instance.deserialize(json, context);
        if (number instanceof Double decimal && decimal.isInfinite()) {
            throw new Refused(json);
        }
        return number;
    }

    /** A number that is too large; told apart from one of the wrong type. */
    static final class Refused extends InvalidFormatException {

        private static final long serialVersionUID = 1L;

        Refused(JsonParser json) {
            super(json, "a number that is too large", null, Number.class);
        }
    }
}
