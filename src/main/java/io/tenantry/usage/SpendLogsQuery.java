package io.tenantry.usage;

import io.tenantry.core.Problem;
import io.tenantry.core.ProblemCode;
import jakarta.ws.rs.core.MultivaluedMap;
import java.time.LocalDate;
import java.time.format.DateTimeParseException;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;

/**
 * What {@code GET /spend/logs} takes. Filters that are given together all count.
 *
 * @param apiKey a secret, its hash, or a key's id
 * @param days   null for all
 */
record SpendLogsQuery(String requestId, String apiKey, String userId, Days days, boolean summarize) {

    private static final int LONGEST_DAYS = 400;
    private static final int LONGEST_TEXT = 255;

    /** Days of UTC, both included. */
    record Days(LocalDate first, LocalDate last) {}

    /** Fails with VALIDATION or INVALID_VALUE naming the parameter. */
    static SpendLogsQuery of(MultivaluedMap<String, String> query) {
        var asked = new SpendLogsQuery(
                text(query, "request_id"),
                text(query, "api_key"),
                text(query, "user_id"),
                days(text(query, "start_date"), text(query, "end_date")),
                flag(text(query, "summarize")));
        asked.requireNarrow();
        return asked;
    }

    /** The newest bookings of everybody are in no index: that would cost every booking one more. */
    private void requireNarrow() {
        if (Stream.of(requestId, apiKey, userId, days).allMatch(part -> part == null)) {
            throw Problem.of(ProblemCode.INVALID_VALUE)
                    .param("request_id")
                    .detail("Give request_id, api_key or user_id, or start_date and end_date");
        }
    }

    /** Whether sums by day are asked for, rather than single bookings. */
    boolean wantsDays() {
        return days != null && summarize && requestId == null;
    }

    private static Days days(String start, String end) {
        if (start == null && end == null) {
            return null;
        }
        var days = new Days(day("start_date", start), day("end_date", end));
        if (days.last.isBefore(days.first) || ChronoUnit.DAYS.between(days.first, days.last) > LONGEST_DAYS) {
            throw Problem.of(ProblemCode.INVALID_VALUE)
                    .param("end_date")
                    .detail("end_date must not be before start_date, nor more than %d days after it", LONGEST_DAYS);
        }
        return days;
    }

    private static LocalDate day(String name, String text) {
        try {
            return LocalDate.parse(text == null ? "" : text);
        } catch (DateTimeParseException unreadable) {
            throw Problem.of(ProblemCode.INVALID_VALUE)
                    .param(name)
                    .detail("%s must be a day as YYYY-MM-DD; start_date and end_date go together", name);
        }
    }

    private static boolean flag(String text) {
        return switch (text == null ? "true" : text.toLowerCase(Locale.ROOT)) {
            case "true", "1", "yes", "on" -> true;
            case "false", "0", "no", "off" -> false;
            default ->
                throw Problem.of(ProblemCode.VALIDATION).param("summarize").detail("summarize must be true or false");
        };
    }

    private static String text(MultivaluedMap<String, String> query, String name) {
        var values = query.getOrDefault(name, List.of());
        var text = values.isEmpty() ? "" : values.get(0).strip();
        if (text.length() > LONGEST_TEXT) {
            throw Problem.of(ProblemCode.VALIDATION)
                    .param(name)
                    .detail("%s must have %d characters at most", name, LONGEST_TEXT);
        }
        return text.isEmpty() ? null : text;
    }
}
