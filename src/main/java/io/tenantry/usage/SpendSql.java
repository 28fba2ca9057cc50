package io.tenantry.usage;

import io.tenantry.core.ResourceKind;
import java.util.Map;

/**
 * The statement that reads what scopes of one kind have spent in their windows: one, however many scopes. A window that nobody asked the limits
 * about yet has no total of its own; it is summed up from the daily figures, which are booked with the ledger, and, where it begins or ends in the
 * middle of a UTC day, from the ledger's entries of that day.
 */
final class SpendSql {

    /**
     * What is counted for a scope {@code a}.
     *
     * @param days   its daily figures {@code d}; null where none are kept, and the ledger is asked for all days
     * @param events its entries {@code e} in the ledger
     */
    private record Counted(String days, String events) {

        /** For a kind that the ledger and the daily figures name alike. */
        static Counted by(String column) {
            return new Counted("d.%s = a.id and d.tag = ''".formatted(column), "e.%s = a.id".formatted(column));
        }

        static Counted byMember(String outer) {
            var ids = "%1$s." + outer + " = split_part(a.id, '/', 1) and %1$s.user_id = split_part(a.id, '/', 2)";
            return new Counted(ids.formatted("d") + " and d.tag = ''", ids.formatted("e"));
        }
    }

    private static final Map<ResourceKind, Counted> COUNTED = Map.of(
            ResourceKind.KEY, new Counted("d.key_id = a.id and d.tag = ''", "e.key_id = cast(a.id as uuid)"),
            ResourceKind.TEAM, Counted.by("team_id"),
            ResourceKind.USER, Counted.by("user_id"),
            ResourceKind.ORGANIZATION, Counted.by("organization_id"),
            ResourceKind.TEAM_MEMBER, Counted.byMember("team_id"),
            ResourceKind.ORGANIZATION_MEMBER, Counted.byMember("organization_id"),
            ResourceKind.END_USER, new Counted(null, "e.end_user = a.id"),
            ResourceKind.TAG, new Counted("d.tag = a.id and d.tag <> ''", "e.tags <> '{}' and e.tags @> array[a.id]"));

    private static final String ASKED = """
            unnest(cast(:ids as text[]), cast(:periods as text[]), cast(:starts as bigint[]), cast(:ends as bigint[]))
                as s (id, period, starts, ends)""";

    // Whole days are those from "first" until before "until"; "head" and "tail" are the days that the window has only a
    // part of.
    private static final String READ = """
            select a.id, cast(case when f.forgiven_nano is null then {spent} else greatest({spent} - f.forgiven_nano, 0) end as bigint)
            from (select s.id, s.period, to_timestamp(s.starts) as starts, to_timestamp(s.ends) as ends,
                         date 'epoch' + cast((s.starts + 86399) / 86400 as int) as first,
                         date 'epoch' + cast(s.ends / 86400 as int) as until,
                         case when s.starts % 86400 <> 0 then date 'epoch' + cast(s.starts / 86400 as int) end as head,
                         case when s.ends % 86400 <> 0 then date 'epoch' + cast(s.ends / 86400 as int) end as tail
                  from {asked}) a
            left join spend_total t
                on t.scope_kind = '{kind}' and t.scope_id = a.id and t.period = a.period and t.period_start = a.starts
            left join spend_adjustment f
                on f.scope_kind = '{kind}' and f.scope_id = a.id and f.period = a.period and f.period_start = a.starts
            {untold}
            where {found} is not null""";

    private static final String DAYS = """
            left join lateral (
                select sum(d.spend_nano) as spend from daily_usage d
                where t.scope_id is null and a.period <> 'lifetime' and {days} and d.day >= a.first and d.day < a.until) whole on true
            """;

    // The window's own days, and no other partition is looked into.
    private static final String PARTS_OF_DAYS = """
            left join lateral (
                select sum(e.cost_nano) as spend from usage_event e
                where t.scope_id is null and a.period <> 'lifetime' and {events} and e.day in (a.head, a.tail)
                  and e.admitted_at >= a.starts and e.admitted_at < a.ends) part on true
            """;

    private static final String LEDGER = """
            left join lateral (
                select sum(e.cost_nano) as spend from usage_event e
                where t.scope_id is null and a.period <> 'lifetime' and {events}
                  and e.day >= cast(a.starts at time zone 'UTC' as date) and e.day <= cast(a.ends at time zone 'UTC' as date)
                  and e.admitted_at >= a.starts and e.admitted_at < a.ends) part on true
            """;

    private SpendSql() {}

    /** How much of the statement the windows need. */
    enum Windows {
        /** Totals of a lifetime are always there. */
        LIFETIMES,
        OF_WHOLE_DAYS,
        OF_PARTS_OF_DAYS
    }

    /** With {@code :ids}, {@code :periods}, {@code :starts} and {@code :ends} (seconds); a row has an id and nano-dollars. */
    static String of(ResourceKind kind, Windows windows) {
        var counted = COUNTED.get(kind);
        var days = counted.days() != null && windows != Windows.LIFETIMES;
        var parts = counted.days() == null ? windows != Windows.LIFETIMES : windows == Windows.OF_PARTS_OF_DAYS;
        var untold = (days ? DAYS : "") + (parts ? counted.days() == null ? LEDGER : PARTS_OF_DAYS : "");
        return READ.replace("{untold}", untold)
                .replace("{spent}", spent(days, parts))
                .replace(
                        "{found}",
                        "coalesce(t.spend_nano" + (days ? ", whole.spend" : "") + (parts ? ", part.spend)" : ")"))
                .replace("{asked}", ASKED)
                .replace("{kind}", kind.label)
                .replace("{days}", days ? counted.days() : "")
                .replace("{events}", counted.events());
    }

    private static String spent(boolean days, boolean parts) {
        var sums = days && parts
                ? "coalesce(whole.spend, 0) + coalesce(part.spend, 0)"
                : days ? "whole.spend" : "part.spend";
        return days || parts ? "coalesce(t.spend_nano, " + sums + ")" : "t.spend_nano";
    }
}
