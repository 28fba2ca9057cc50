package io.tenantry.platform.log;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonFactoryBuilder;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.SerializableString;
import com.fasterxml.jackson.core.io.CharacterEscapes;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.util.Map;
import org.jboss.logmanager.ExtFormatter;
import org.jboss.logmanager.ExtLogRecord;

/**
 * One JSON object a line: {@code timestamp}, {@code level}, {@code logger}, {@code thread}, {@code message}, and where there are any,
 * {@code context} and {@code exception}. Plain ASCII, so that neither a line break in a message nor the encoding of a bare container can
 * make two lines of one or forge a third.
 */
public final class JsonLogFormatter extends ExtFormatter {

    /** Container runtimes cut lines at 16 KB, and half an object is none. Escaping makes a trace a little longer. */
    private static final int LONGEST_TRACE = 8_000;

    private static final int LONGEST_MESSAGE = 3_000;

    private static final int LONGEST_REASON = 1_000;

    private static final int DEEPEST_CAUSE = 20;

    private static final JsonFactory JSON = new JsonFactoryBuilder()
            .highestNonEscapedChar(127)
            .characterEscapes(new DeleteEscaped())
            .build();

    @Override
    public String format(ExtLogRecord line) {
        var text = new StringWriter(256);
        try (var json = JSON.createGenerator(text)) {
            json.writeStartObject();
            json.writeStringField("timestamp", line.getInstant().toString());
            json.writeStringField("level", line.getLevel().getName());
            json.writeStringField("logger", line.getLoggerName());
            json.writeStringField("thread", line.getThreadName());
            json.writeStringField("message", shortened(messageOf(line), LONGEST_MESSAGE));
            writeContext(json, line.getMdcCopy());
            if (line.getThrown() != null) {
                writeException(json, line.getThrown());
            }
            json.writeEndObject();
        } catch (IOException impossible) {
            throw new UncheckedIOException(impossible); // a StringWriter has no I/O
        }
        return text.append('\n').toString();
    }

    private String messageOf(ExtLogRecord line) {
        return line.getMessage() == null ? "" : formatMessage(line);
    }

    private static void writeContext(JsonGenerator json, Map<String, String> context) throws IOException {
        if (context.isEmpty()) {
            return;
        }
        json.writeObjectFieldStart("context");
        for (var entry : context.entrySet()) {
            json.writeStringField(entry.getKey(), entry.getValue());
        }
        json.writeEndObject();
    }

    private static void writeException(JsonGenerator json, Throwable thrown) throws IOException {
        json.writeObjectFieldStart("exception");
        json.writeStringField("type", thrown.getClass().getName());
        json.writeStringField("message", shortened(String.valueOf(thrown.getMessage()), LONGEST_REASON));
        // said apart, because it stands at the end of a trace, where a long one is cut
        json.writeStringField("root_cause", shortened(rootCause(thrown).toString(), LONGEST_REASON));
        json.writeStringField("stack_trace", shortened(trace(thrown), LONGEST_TRACE));
        json.writeEndObject();
    }

    private static Throwable rootCause(Throwable thrown) {
        var cause = thrown;
        for (int depth = 0; cause.getCause() != null && depth < DEEPEST_CAUSE; depth++) {
            cause = cause.getCause();
        }
        return cause;
    }

    private static String trace(Throwable thrown) {
        var text = new StringWriter();
        thrown.printStackTrace(new PrintWriter(text));
        return text.toString();
    }

    private static String shortened(String text, int longest) {
        return text.length() <= longest ? text : text.substring(0, longest) + "… (shortened)";
    }

    /** The one ASCII control character that JSON would let through. */
    private static final class DeleteEscaped extends CharacterEscapes {

        private static final long serialVersionUID = 1L;

        private final int[] ascii = standardAsciiEscapesForJSON();

        private DeleteEscaped() {
            ascii[127] = ESCAPE_STANDARD;
        }

        @Override
        public int[] getEscapeCodesForAscii() {
            return ascii;
        }

        @Override
        public SerializableString getEscapeSequence(int character) {
            return null; // the standard one
        }
    }
}
