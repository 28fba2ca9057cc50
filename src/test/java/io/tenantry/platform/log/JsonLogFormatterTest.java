package io.tenantry.platform.log;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.time.Instant;
import java.util.Map;
import org.jboss.logmanager.ExtLogRecord;
import org.jboss.logmanager.ExtLogRecord.FormatStyle;
import org.jboss.logmanager.Level;
import org.junit.jupiter.api.Test;

class JsonLogFormatterTest {

    private static final int CONTAINER_LINE_BYTES = 16 * 1024;

    private final JsonLogFormatter formatter = new JsonLogFormatter();

    @Test
    void a_record_is_one_object_on_one_line() {
        var line = record("3 keys of team-7 revoked");

        var json = parsed(line);

        assertThat(json.get("level").asText()).isEqualTo("INFO");
        assertThat(json.get("logger").asText()).isEqualTo("io.tenantry.keys");
        assertThat(json.get("thread").asText()).isEqualTo("event-loop-1");
        assertThat(json.get("message").asText()).isEqualTo("3 keys of team-7 revoked");
        assertThat(Instant.parse(json.get("timestamp").asText())).isEqualTo(line.getInstant());
        assertThat(json.has("exception")).isFalse();
        assertThat(json.has("context")).isFalse();
    }

    @Test
    void parameters_are_put_into_the_message() {
        var line = new ExtLogRecord(Level.WARN, "%s of %d", FormatStyle.PRINTF, ExtLogRecord.class.getName());
        line.setParameters(new Object[] {"one", 2});

        assertThat(parsed(line).get("message").asText()).isEqualTo("one of 2");
    }

    @Test
    void nothing_in_a_message_can_end_its_line_or_begin_another() {
        var hostile =
                "a\r\n{\"level\":\"ERROR\"}\u0000\u001b[31m\t\u007f\u0085\u2028\ud800 \"quoted\" back\\slash ü 😀";

        var line = formatter.format(record(hostile));

        assertThat(line.substring(0, line.length() - 1).chars()).allMatch(c -> c >= ' ' && c <= '~');
        assertThat(parsed(record(hostile)).get("message").asText()).isEqualTo(hostile);
    }

    @Test
    void an_exception_comes_with_its_trace_and_the_cause_of_it_all() {
        var line = record("cannot book");
        line.setThrown(new IllegalStateException("outer\nsecond", new IllegalArgumentException("the \"reason\"")));

        var exception = parsed(line).get("exception");

        assertThat(exception.get("type").asText()).isEqualTo("java.lang.IllegalStateException");
        assertThat(exception.get("message").asText()).isEqualTo("outer\nsecond");
        assertThat(exception.get("root_cause").asText())
                .isEqualTo("java.lang.IllegalArgumentException: the \"reason\"");
        assertThat(exception.get("stack_trace").asText()).contains(getClass().getSimpleName());
    }

    @Test
    void causes_that_go_round_in_a_circle_end() {
        var first = new IllegalStateException("first");
        first.initCause(new IllegalStateException("second", first));
        var line = record("circle");
        line.setThrown(first);

        assertThat(parsed(line).get("exception").get("root_cause").asText()).isNotEmpty();
    }

    @Test
    void a_line_is_shorter_than_what_a_container_runtime_cuts() {
        var line = record("m".repeat(1_000_000));
        line.setThrown(deep(new IllegalStateException("x".repeat(2_000)), 2_000));

        assertThat(formatter.format(line).length()).isLessThan(CONTAINER_LINE_BYTES);
        assertThat(parsed(line).get("exception").get("stack_trace").asText()).endsWith("(shortened)");
    }

    @Test
    void a_message_may_be_missing() {
        assertThat(parsed(record(null)).get("message").asText()).isEmpty();
    }

    @Test
    void context_is_kept_apart_from_our_own_fields() {
        var line = record("with context");
        line.setMdc(Map.of("level", "forged"));

        assertThat(parsed(line).get("level").asText()).isEqualTo("INFO");
        assertThat(parsed(line).get("context").get("level").asText()).isEqualTo("forged");
    }

    private static ExtLogRecord record(String message) {
        var line = new ExtLogRecord(Level.INFO, message, FormatStyle.NO_FORMAT, ExtLogRecord.class.getName());
        line.setLoggerName("io.tenantry.keys");
        line.setThreadName("event-loop-1");
        return line;
    }

    private static Throwable deep(Throwable cause, int depth) {
        cause.setStackTrace(java.util.stream.IntStream.range(0, depth)
                .mapToObj(i -> new StackTraceElement("io.tenantry.Deep", "down", "Deep.java", i))
                .toArray(StackTraceElement[]::new));
        return cause;
    }

    private JsonNode parsed(ExtLogRecord line) {
        var text = formatter.format(line);
        assertThat(text).endsWith("\n");
        assertThat(text.indexOf('\n')).isEqualTo(text.length() - 1);
        try {
            return new ObjectMapper().readTree(text);
        } catch (JsonProcessingException invalid) {
            throw new AssertionError(text, invalid);
        }
    }
}
