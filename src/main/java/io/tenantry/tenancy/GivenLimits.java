package io.tenantry.tenancy;

import io.tenantry.core.BudgetPeriod;
import io.tenantry.core.NanoUsd;
import io.tenantry.core.Problem;
import io.tenantry.core.ProblemCode;
import java.math.BigDecimal;
import java.time.DateTimeException;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/** Reads {@link FurtherLimits} from a request: each field that it has, or what there is by now. Fails naming the first that cannot be read or honoured. */
record GivenLimits(Map<String, Object> fields) {

    private static final int MOST_WINDOWS = 10;
    private static final int MOST_MODELS = 100;

    Long rate(String field, Long current) {
        if (!fields.containsKey(field)) {
            return current;
        }
        return fields.get(field) == null ? null : rate(field, fields.get(field));
    }

    private static long rate(String field, Object value) {
        if (!(value instanceof Long || value instanceof Integer)) {
            throw unreadable(field, "a whole number");
        }
        var rate = ((Number) value).longValue();
        LimitColumns.requireRate(field, rate);
        return rate;
    }

    Map<String, Long> rates(String field, Map<String, Long> current) {
        if (!fields.containsKey(field)) {
            return current;
        }
        var rates = new TreeMap<String, Long>();
        object(field, fields.get(field)).forEach((model, rate) -> rates.put(model, rate(field + "." + model, rate)));
        if (!field.equals(FurtherLimits.TAG_RATES)) {
            LimitColumns.requireSingleModels(field, rates.keySet());
        }
        requireFew(field, rates.size(), MOST_MODELS);
        return rates;
    }

    Long money(String field, Long current) {
        if (!fields.containsKey(field)) {
            return current;
        }
        return fields.get(field) == null ? null : money(field, fields.get(field));
    }

    private static long money(String field, Object value) {
        if (!(value instanceof Number number)) {
            throw unreadable(field, "an amount in US dollars");
        }
        var usd = value instanceof BigDecimal exact ? exact : new BigDecimal(number.toString());
        LimitColumns.requireMoney(field, usd);
        return NanoUsd.ofUsd(usd).value();
    }

    List<FurtherLimits.Cap> windows(List<FurtherLimits.Cap> current) {
        if (!fields.containsKey("budget_limits")) {
            return current;
        }
        var value = fields.get("budget_limits");
        if (value != null && !(value instanceof List<?>)) {
            throw unreadable("budget_limits", "a list of objects with budget_duration and max_budget");
        }
        var caps = new ArrayList<FurtherLimits.Cap>();
        for (var entry : StoredLimits.list(value)) {
            var field = "budget_limits." + caps.size();
            var cap = object(field, entry);
            requireKnown(field, cap, Set.of("budget_duration", "max_budget", "reset_at"));
            var period = period(field + ".budget_duration", cap.get("budget_duration"));
            if (period == null || cap.get("max_budget") == null) {
                throw unreadable(field, "an object with budget_duration and max_budget");
            }
            if (caps.stream().anyMatch(other -> other.period().equals(period))) {
                throw Problem.of(ProblemCode.INVALID_VALUE)
                        .param("budget_limits")
                        .detail("budget_limits names the budget_duration '%s' twice", period);
            }
            caps.add(new FurtherLimits.Cap(period, money(field + ".max_budget", cap.get("max_budget"))));
        }
        requireFew("budget_limits", caps.size(), MOST_WINDOWS);
        return caps;
    }

    Map<String, FurtherLimits.ModelCap> models(Map<String, FurtherLimits.ModelCap> current) {
        if (!fields.containsKey("model_max_budget")) {
            return current;
        }
        var caps = new TreeMap<String, FurtherLimits.ModelCap>();
        object("model_max_budget", fields.get("model_max_budget"))
                .forEach((model, value) -> caps.put(model, modelCap("model_max_budget." + model, value)));
        requireFew("model_max_budget", caps.size(), MOST_MODELS);
        LimitColumns.requireSingleModels("model_max_budget", caps.keySet());
        return caps;
    }

    /** A bare number is a cap for ever; {@code budget_limit} and {@code time_period} are older spellings. */
    private static FurtherLimits.ModelCap modelCap(String field, Object value) {
        if (value instanceof Number) {
            return new FurtherLimits.ModelCap(null, money(field, value), null, null);
        }
        var cap = object(field, value);
        requireKnown(
                field,
                cap,
                Set.of("max_budget", "budget_limit", "budget_duration", "time_period", "rpm_limit", "tpm_limit"));
        var max = cap.get("max_budget") == null ? cap.get("budget_limit") : cap.get("max_budget");
        var period = cap.get("budget_duration") == null ? cap.get("time_period") : cap.get("budget_duration");
        return new FurtherLimits.ModelCap(
                period(field + ".budget_duration", period),
                max == null ? null : (Long) money(field + ".max_budget", max),
                cap.get("rpm_limit") == null ? null : (Long) rate(field + ".rpm_limit", cap.get("rpm_limit")),
                cap.get("tpm_limit") == null ? null : (Long) rate(field + ".tpm_limit", cap.get("tpm_limit")));
    }

    ZoneId zone(ZoneId current) {
        if (!fields.containsKey("budget_time_zone")) {
            return current;
        }
        var value = fields.get("budget_time_zone");
        try {
            return value == null ? null : ZoneId.of(String.valueOf(value));
        } catch (DateTimeException unknown) {
            throw Problem.of(ProblemCode.INVALID_VALUE)
                    .param("budget_time_zone")
                    .detail("budget_time_zone must be the name of a time zone, for example Europe/Berlin or UTC");
        }
    }

    Set<String> shadow(Set<String> current) {
        if (!fields.containsKey("shadow_limits")) {
            return current;
        }
        var value = fields.get("shadow_limits");
        if (value == null) {
            return Set.of();
        }
        if (!(value instanceof List<?> kinds)
                || !kinds.stream()
                        .allMatch(kind -> kind instanceof String && FurtherLimits.SHADOW_KINDS.contains(kind))) {
            throw Problem.of(ProblemCode.INVALID_VALUE)
                    .param("shadow_limits")
                    .detail(
                            "shadow_limits must be a list of %s",
                            String.join(
                                    ", ",
                                    FurtherLimits.SHADOW_KINDS.stream().sorted().toList()));
        }
        return Set.copyOf(kinds.stream().map(String.class::cast).distinct().toList());
    }

    private static String period(String field, Object value) {
        if (value == null) {
            return null;
        }
        return BudgetPeriod.parse(String.valueOf(value), field).toString();
    }

    private static Map<String, Object> object(String field, Object value) {
        if (value != null && !(value instanceof Map<?, ?>)) {
            throw unreadable(field, "an object");
        }
        return StoredLimits.map(value);
    }

    private static void requireKnown(String field, Map<String, Object> object, Set<String> known) {
        object.keySet().stream()
                .filter(name -> !known.contains(name))
                .sorted()
                .findFirst()
                .ifPresent(name -> {
                    throw Problem.of(ProblemCode.NOT_ENFORCED)
                            .param(field + "." + name)
                            .detail(
                                    "%s.%s is not supported: it would be stored and not enforced, so it is refused",
                                    field, name);
                });
    }

    private static void requireFew(String field, int count, int most) {
        if (count > most) {
            throw Problem.of(ProblemCode.INVALID_VALUE)
                    .param(field)
                    .detail("%s may have %d entries at most", field, most);
        }
    }

    private static Problem unreadable(String field, String expected) {
        return Problem.of(ProblemCode.VALIDATION).param(field).detail("%s must be %s", field, expected);
    }
}
