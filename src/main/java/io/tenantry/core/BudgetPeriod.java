package io.tenantry.core;

import static java.time.temporal.ChronoUnit.HOURS;
import static java.time.temporal.ChronoUnit.MINUTES;
import static java.time.temporal.ChronoUnit.SECONDS;

import java.time.DayOfWeek;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneId;
import java.time.temporal.TemporalAdjusters;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;

/**
 * The length of a budget's window and where windows begin. Windows are computed from the clock, touch each other and never
 * overlap, so a budget is right without any job having run.
 *
 * <ul>
 *   <li>{@code 1d}, {@code 24h}: calendar days; {@code 7d}, {@code 1w}: weeks from Monday; {@code 30d}, {@code 1mo}: calendar months.
 *   <li>other {@code Nd}, {@code Nw}: N (7N) days, counted in whole windows from 1970-01-01.
 *   <li>{@code Nh}, {@code Nm}, {@code Ns}: counted from midnight, from the hour, from the minute; the last one is cut there.
 * </ul>
 *
 * Days are those of the zone: one with a daylight-saving change has 23 or 25 hours.
 */
public final class BudgetPeriod {

    /** The window of a cap without a period. */
    public static final Window LIFETIME = new Window("lifetime", Instant.EPOCH, Instant.parse("9999-12-31T00:00:00Z"));

    private static final Map<String, String> WORDS =
            Map.of("hourly", "1h", "daily", "1d", "weekly", "7d", "monthly", "1mo");
    private static final Pattern FORM = Pattern.compile("([1-9][0-9]{0,5})(s|m|h|d|w|mo)");

    /** One window: its period's name, when it begins and when the next one begins. */
    public record Window(String period, Instant start, Instant end) {

        public boolean contains(Instant at) {
            return !at.isBefore(start) && at.isBefore(end);
        }
    }

    private enum Unit {
        SECOND,
        MINUTE,
        HOUR,
        DAY,
        WEEK,
        MONTH
    }

    private final String name;
    private final Unit unit;
    private final int count;

    private BudgetPeriod(String name, Unit unit, int count) {
        this.name = name;
        this.unit = unit;
        this.count = count;
    }

    /** Reads a period; fails with INVALID_DURATION naming the field. The name is kept as written, it is part of what clients read back. */
    public static BudgetPeriod parse(String text, String field) {
        var form = FORM.matcher(WORDS.getOrDefault(text, text));
        if (!form.matches()) {
            throw invalid(text, field, "write a number and one of s, m, h, d, w, mo, for example 1d or 1mo");
        }
        int count = Integer.parseInt(form.group(1));
        return switch (form.group(2)) {
            case "s" -> within(text, field, Unit.SECOND, count, 60);
            case "m" -> within(text, field, Unit.MINUTE, count, 60);
            case "h" -> hours(text, field, count);
            case "w" -> count == 1 ? new BudgetPeriod(text, Unit.WEEK, 1) : new BudgetPeriod(text, Unit.DAY, 7 * count);
            case "mo" -> months(text, field, count);
            default -> days(text, count);
        };
    }

    private static BudgetPeriod days(String text, int count) {
        return switch (count) {
            case 7 -> new BudgetPeriod(text, Unit.WEEK, 1);
            case 30 -> new BudgetPeriod(text, Unit.MONTH, 1);
            default -> new BudgetPeriod(text, Unit.DAY, count);
        };
    }

    private static BudgetPeriod hours(String text, String field, int count) {
        return count % 24 == 0 ? days(text, count / 24) : within(text, field, Unit.HOUR, count, 24);
    }

    private static BudgetPeriod months(String text, String field, int count) {
        if (count != 1) {
            throw invalid(text, field, "only one month is supported, write 1mo");
        }
        return new BudgetPeriod(text, Unit.MONTH, 1);
    }

    private static BudgetPeriod within(String text, String field, Unit unit, int count, int most) {
        if (count > most) {
            throw invalid(text, field, "at most " + most + " of this unit, use the next larger one");
        }
        return new BudgetPeriod(text, unit, count);
    }

    private static Problem invalid(String text, String field, String remedy) {
        return Problem.of(ProblemCode.INVALID_DURATION)
                .param(field)
                .detail("%s '%s' is not a valid duration: %s", field, text, remedy);
    }

    /** All ways to write a period with the same windows as this one, itself among them; none where there is no period. */
    public static List<String> spellings(String textOrNull) {
        return textOrNull == null
                ? List.of()
                : parse(textOrNull, "budget_duration").spellings();
    }

    private List<String> spellings() {
        var all = new ArrayList<String>();
        switch (unit) {
            case MONTH -> all.addAll(List.of("1mo", "30d", "720h"));
            case WEEK -> all.addAll(List.of("1w", "7d", "168h"));
            case DAY -> {
                all.addAll(List.of(count + "d", 24 * count + "h"));
                if (count % 7 == 0) {
                    all.add(count / 7 + "w");
                }
            }
            case HOUR -> all.add(count + "h");
            case MINUTE -> all.add(count + "m");
            case SECOND -> all.add(count + "s");
        }
        WORDS.forEach((word, meaning) -> {
            if (all.contains(meaning)) {
                all.add(word);
            }
        });
        return all;
    }

    /** The window of an optional period: the lifetime where there is none. */
    public static Window windowAt(String textOrNull, Instant at, ZoneId zone) {
        return textOrNull == null
                ? LIFETIME
                : parse(textOrNull, "budget_duration").windowAt(at, zone);
    }

    /** The window that {@code at} falls into. */
    public Window windowAt(Instant at, ZoneId zone) {
        var day = at.atZone(zone).toLocalDate();
        return switch (unit) {
            case MONTH -> between(day.withDayOfMonth(1), day.withDayOfMonth(1).plusMonths(1), zone);
            case WEEK -> {
                var monday = day.with(TemporalAdjusters.previousOrSame(DayOfWeek.MONDAY));
                yield between(monday, monday.plusDays(7), zone);
            }
            case DAY -> {
                var first = LocalDate.ofEpochDay(Math.floorDiv(day.toEpochDay(), (long) count) * count);
                yield between(first, first.plusDays(count), zone);
            }
            case HOUR -> slice(at, startOf(day, zone), startOf(day.plusDays(1), zone), Duration.ofHours(count));
            case MINUTE -> {
                var hour = at.truncatedTo(HOURS);
                yield slice(at, hour, hour.plusSeconds(3600), Duration.ofMinutes(count));
            }
            case SECOND -> {
                var minute = at.truncatedTo(MINUTES);
                yield slice(at, minute, minute.plusSeconds(60), Duration.ofSeconds(count));
            }
        };
    }

    private Window slice(Instant at, Instant from, Instant to, Duration length) {
        long steps = Duration.between(from, at).dividedBy(length);
        var start = from.plus(length.multipliedBy(steps));
        var end = start.plus(length);
        return new Window(name, start, end.isBefore(to) ? end : to);
    }

    private Window between(LocalDate first, LocalDate next, ZoneId zone) {
        return new Window(name, startOf(first, zone), startOf(next, zone));
    }

    /** Not every day has a midnight: the zone decides when it begins. */
    private static Instant startOf(LocalDate day, ZoneId zone) {
        return day.atStartOfDay(zone).toInstant().truncatedTo(SECONDS);
    }

    @Override
    public String toString() {
        return name;
    }
}
