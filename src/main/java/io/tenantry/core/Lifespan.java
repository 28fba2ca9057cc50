package io.tenantry.core;

import java.time.Instant;
import java.time.ZoneOffset;
import java.util.regex.Pattern;

/** How long a key lives from now on: exact, not aligned to the calendar. Text such as {@code 30d}, {@code 12h}, {@code 6mo}. */
public final class Lifespan {

    private static final Pattern FORM = Pattern.compile("([1-9][0-9]{0,5})(mo|s|m|h|d|w)(?:in|r|rs)?");

    private Lifespan() {}

    /**
     * The end of a life that begins now. Months keep the day of the month, or end on the month's last day. As in the API we are compatible
     * with, {@code 24hr} and {@code 30min} are read as well. Fails with INVALID_DURATION naming the field.
     */
    public static Instant endingAt(String text, String field, Instant now) {
        var form = FORM.matcher(text);
        if (!form.matches()) {
            throw Problem.of(ProblemCode.INVALID_DURATION)
                    .param(field)
                    .detail(
                            "%s '%s' is not a valid duration: write a number and one of s, m, h, d, w, mo, for example 30d",
                            field, text);
        }
        long count = Long.parseLong(form.group(1));
        return switch (form.group(2)) {
            case "s" -> now.plusSeconds(count);
            case "m" -> now.plusSeconds(60 * count);
            case "h" -> now.plusSeconds(3_600 * count);
            case "d" -> now.plusSeconds(86_400 * count);
            case "w" -> now.plusSeconds(7 * 86_400 * count);
            default -> now.atOffset(ZoneOffset.UTC).plusMonths(count).toInstant();
        };
    }
}
