package io.tenantry.tenancy;

import io.tenantry.core.BudgetPeriod;
import io.tenantry.core.NanoUsd;
import io.tenantry.core.Problem;
import io.tenantry.core.ProblemCode;
import java.math.BigDecimal;
import java.time.DateTimeException;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * What limits can say beyond {@link LimitColumns}' plain columns; kept as one JSON object, a published format. Null and empty say nothing.
 *
 * @param tokensPerDay       a bucket of tokens refilled over a day
 * @param modelInputTokens   input tokens a minute, by model
 * @param modelOutputTokens  output tokens a minute, by model
 * @param tagRequests        requests a minute, by tag of the request; of keys
 * @param windows            caps beside the main one; all must pass
 * @param models             caps and rates of single models
 * @param tokenBudget        tokens in a period of {@code budget_duration}
 * @param requestBudget      requests in such a period
 * @param timeZone           where days, weeks and months of the periods begin; UTC when absent
 * @param rolloverNano       how much of a period's unused budget the next one may have in addition, nano-dollars
 * @param shadow             kinds of limits that are counted and reported and never refuse
 * @param modes              how the limits are meant
 */
public record FurtherLimits(
        Long tokensPerDay,
        Map<String, Long> modelInputTokens,
        Map<String, Long> modelOutputTokens,
        Map<String, Long> tagRequests,
        List<Cap> windows,
        Map<String, ModelCap> models,
        Long tokenBudget,
        Long requestBudget,
        ZoneId timeZone,
        Long rolloverNano,
        Set<String> shadow,
        LimitModes modes) {

    /** A cap in nano-dollars and the period that it is for; without one for ever. */
    public record Cap(String period, long maxNano) {}

    /** What one model may cost and how often it may be called. */
    public record ModelCap(String period, Long maxNano, Long rpm, Long tpm) {}

    public static final FurtherLimits NONE = new FurtherLimits(
            null, Map.of(), Map.of(), Map.of(), List.of(), Map.of(), null, null, null, null, Set.of(), LimitModes.NONE);

    /** Of keys. */
    public static final String TAG_RATES = "tag_rpm_limit";

    /** The wire's names of these fields. */
    public static final Set<String> FIELDS = Stream.concat(
                    LimitModes.FIELDS.stream(),
                    Stream.of(
                            "tpd_limit",
                            "model_itpm_limit",
                            "model_otpm_limit",
                            TAG_RATES,
                            "budget_limits",
                            "model_max_budget",
                            "token_budget",
                            "request_budget",
                            "budget_time_zone",
                            "budget_rollover",
                            "shadow_limits"))
            .collect(Collectors.toUnmodifiableSet());

    /** What {@code shadow_limits} may name. */
    public static final Set<String> SHADOW_KINDS = Set.of("requests", "tokens", "max_parallel_requests", "budget");

    private static final int MOST_WINDOWS = 10;
    private static final int MOST_MODELS = 100;

    public FurtherLimits {
        modelInputTokens = Map.copyOf(modelInputTokens);
        modelOutputTokens = Map.copyOf(modelOutputTokens);
        tagRequests = Map.copyOf(tagRequests);
        windows = List.copyOf(windows);
        models = Map.copyOf(models);
        shadow = Set.copyOf(shadow);
    }

    /**
     * These limits after a request: fields that it does not have stay, null clears, zero allows nothing. Fails naming the first field that
     * cannot be read or honoured.
     */
    public FurtherLimits after(Map<String, Object> request) {
        if (request == null || FIELDS.stream().noneMatch(request::containsKey)) {
            return this;
        }
        var given = new Given(request);
        return new FurtherLimits(
                given.rate("tpd_limit", tokensPerDay),
                given.rates("model_itpm_limit", modelInputTokens),
                given.rates("model_otpm_limit", modelOutputTokens),
                given.rates(TAG_RATES, tagRequests),
                given.windows(windows),
                given.models(models),
                given.rate("token_budget", tokenBudget),
                given.rate("request_budget", requestBudget),
                given.zone(timeZone),
                given.money("budget_rollover", rolloverNano),
                given.shadow(shadow),
                modes.after(request));
    }

    /** These limits, each that is absent taken from others. */
    public FurtherLimits orElse(FurtherLimits others) {
        if (equals(NONE) || others.equals(NONE)) {
            return equals(NONE) ? others : this;
        }
        return new FurtherLimits(
                tokensPerDay == null ? others.tokensPerDay : tokensPerDay,
                modelInputTokens.isEmpty() ? others.modelInputTokens : modelInputTokens,
                modelOutputTokens.isEmpty() ? others.modelOutputTokens : modelOutputTokens,
                tagRequests.isEmpty() ? others.tagRequests : tagRequests,
                windows.isEmpty() ? others.windows : windows,
                models.isEmpty() ? others.models : models,
                tokenBudget == null ? others.tokenBudget : tokenBudget,
                requestBudget == null ? others.requestBudget : requestBudget,
                timeZone == null ? others.timeZone : timeZone,
                rolloverNano == null ? others.rolloverNano : rolloverNano,
                shadow.isEmpty() ? others.shadow : shadow,
                modes.orElse(others.modes));
    }

    /** Those of these limits that others do not have. */
    public FurtherLimits without(FurtherLimits others) {
        return others.equals(NONE)
                ? this
                : new FurtherLimits(
                        others.tokensPerDay == null ? tokensPerDay : null,
                        others.modelInputTokens.isEmpty() ? modelInputTokens : Map.of(),
                        others.modelOutputTokens.isEmpty() ? modelOutputTokens : Map.of(),
                        others.tagRequests.isEmpty() ? tagRequests : Map.of(),
                        others.windows.isEmpty() ? windows : List.of(),
                        others.models.isEmpty() ? models : Map.of(),
                        others.tokenBudget == null ? tokenBudget : null,
                        others.requestBudget == null ? requestBudget : null,
                        others.timeZone == null ? timeZone : null,
                        others.rolloverNano == null ? rolloverNano : null,
                        others.shadow.isEmpty() ? shadow : Set.of(),
                        LimitModes.NONE);
    }

    /** As clients read them; only what says something. */
    public Map<String, Object> shown() {
        var shown = new LinkedHashMap<String, Object>();
        putUnlessEmpty(shown, "tpd_limit", tokensPerDay);
        putUnlessEmpty(shown, "model_itpm_limit", new TreeMap<>(modelInputTokens));
        putUnlessEmpty(shown, "model_otpm_limit", new TreeMap<>(modelOutputTokens));
        putUnlessEmpty(shown, TAG_RATES, new TreeMap<>(tagRequests));
        putUnlessEmpty(
                shown,
                "budget_limits",
                windows.stream().map(FurtherLimits::shown).toList());
        var byModel = new TreeMap<String, Object>();
        models.forEach((model, cap) -> byModel.put(model, shown(cap)));
        putUnlessEmpty(shown, "model_max_budget", byModel);
        putUnlessEmpty(shown, "token_budget", tokenBudget);
        putUnlessEmpty(shown, "request_budget", requestBudget);
        putUnlessEmpty(shown, "budget_time_zone", timeZone == null ? null : timeZone.getId());
        putUnlessEmpty(shown, "budget_rollover", NanoUsd.usdOrNull(rolloverNano));
        putUnlessEmpty(shown, "shadow_limits", shadow.stream().sorted().toList());
        shown.putAll(modes.shown());
        return shown;
    }

    /** The same, and null for these fields, which clients always expect. */
    public Map<String, Object> shownWith(String... expected) {
        var shown = new LinkedHashMap<String, Object>();
        for (var field : expected) {
            shown.put(field, null);
        }
        shown.putAll(shown());
        return shown;
    }

    /** The same as rows with limits of their own show it: budgets of single models are an object there, also an empty one. */
    public Map<String, Object> shownInRow(String... expected) {
        var shown = shownWith(expected);
        shown.putIfAbsent("model_max_budget", Map.of());
        return shown;
    }

    private static Map<String, Object> shown(Cap cap) {
        var shown = new LinkedHashMap<String, Object>();
        shown.put("budget_duration", cap.period());
        shown.put("max_budget", new NanoUsd(cap.maxNano()).toUsd());
        return shown;
    }

    private static Map<String, Object> shown(ModelCap cap) {
        var shown = new LinkedHashMap<String, Object>();
        putUnlessEmpty(shown, "max_budget", NanoUsd.usdOrNull(cap.maxNano()));
        putUnlessEmpty(shown, "budget_duration", cap.period());
        putUnlessEmpty(shown, "rpm_limit", cap.rpm());
        putUnlessEmpty(shown, "tpm_limit", cap.tpm());
        return shown;
    }

    /** As stored; null when there is nothing to say. */
    public Map<String, Object> stored() {
        var stored = new LinkedHashMap<String, Object>();
        putUnlessEmpty(stored, "tpd", tokensPerDay);
        putUnlessEmpty(stored, "model_itpm", modelInputTokens);
        putUnlessEmpty(stored, "model_otpm", modelOutputTokens);
        putUnlessEmpty(stored, "tag_rpm", tagRequests);
        putUnlessEmpty(
                stored, "windows", windows.stream().map(FurtherLimits::stored).toList());
        var byModel = new TreeMap<String, Object>();
        models.forEach((model, cap) -> byModel.put(model, stored(cap)));
        putUnlessEmpty(stored, "models", byModel);
        putUnlessEmpty(stored, "token_budget", tokenBudget);
        putUnlessEmpty(stored, "request_budget", requestBudget);
        putUnlessEmpty(stored, "zone", timeZone == null ? null : timeZone.getId());
        putUnlessEmpty(stored, "rollover_nano", rolloverNano);
        putUnlessEmpty(stored, "shadow", shadow.stream().sorted().toList());
        putUnlessEmpty(stored, "modes", modes.shown());
        return stored.isEmpty() ? null : stored;
    }

    private static Map<String, Object> stored(Cap cap) {
        var stored = new LinkedHashMap<String, Object>();
        putUnlessEmpty(stored, "period", cap.period());
        stored.put("max_nano", cap.maxNano());
        return stored;
    }

    private static Map<String, Object> stored(ModelCap cap) {
        var stored = new LinkedHashMap<String, Object>();
        putUnlessEmpty(stored, "period", cap.period());
        putUnlessEmpty(stored, "max_nano", cap.maxNano());
        putUnlessEmpty(stored, "rpm", cap.rpm());
        putUnlessEmpty(stored, "tpm", cap.tpm());
        return stored;
    }

    private static void putUnlessEmpty(Map<String, Object> target, String name, Object value) {
        boolean empty = value == null
                || (value instanceof Map<?, ?> map && map.isEmpty())
                || (value instanceof List<?> list && list.isEmpty());
        if (!empty) {
            target.put(name, value);
        }
    }

    /** From what {@link #stored} made of it. */
    public static FurtherLimits ofStored(Map<String, Object> stored) {
        if (stored == null || stored.isEmpty()) {
            return NONE;
        }
        var windows = new ArrayList<Cap>();
        for (var window : list(stored.get("windows"))) {
            var cap = map(window);
            windows.add(new Cap((String) cap.get("period"), number(cap.get("max_nano"))));
        }
        var models = new TreeMap<String, ModelCap>();
        map(stored.get("models")).forEach((model, value) -> {
            var cap = map(value);
            models.put(
                    model,
                    new ModelCap(
                            (String) cap.get("period"),
                            number(cap.get("max_nano")),
                            number(cap.get("rpm")),
                            number(cap.get("tpm"))));
        });
        var zone = (String) stored.get("zone");
        return new FurtherLimits(
                number(stored.get("tpd")),
                numbers(stored.get("model_itpm")),
                numbers(stored.get("model_otpm")),
                numbers(stored.get("tag_rpm")),
                windows,
                models,
                number(stored.get("token_budget")),
                number(stored.get("request_budget")),
                zone == null ? null : ZoneId.of(zone),
                number(stored.get("rollover_nano")),
                Set.copyOf(list(stored.get("shadow")).stream()
                        .map(String.class::cast)
                        .toList()),
                LimitModes.ofStored(map(stored.get("modes"))));
    }

    private static Long number(Object value) {
        return value == null ? null : ((Number) value).longValue();
    }

    private static Map<String, Long> numbers(Object value) {
        var numbers = new TreeMap<String, Long>();
        map(value).forEach((name, number) -> numbers.put(name, number(number)));
        return numbers;
    }

    @SuppressWarnings("unchecked")
    private static Map<String, Object> map(Object value) {
        return value == null ? Map.of() : (Map<String, Object>) value;
    }

    private static List<?> list(Object value) {
        return value == null ? List.of() : (List<?>) value;
    }

    /** Reads the fields of a request. */
    private record Given(Map<String, Object> fields) {

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
            object(field, fields.get(field))
                    .forEach((model, rate) -> rates.put(model, rate(field + "." + model, rate)));
            if (!field.equals(TAG_RATES)) {
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

        List<Cap> windows(List<Cap> current) {
            if (!fields.containsKey("budget_limits")) {
                return current;
            }
            var value = fields.get("budget_limits");
            if (value != null && !(value instanceof List<?>)) {
                throw unreadable("budget_limits", "a list of objects with budget_duration and max_budget");
            }
            var caps = new ArrayList<Cap>();
            for (var entry : list(value)) {
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
                caps.add(new Cap(period, money(field + ".max_budget", cap.get("max_budget"))));
            }
            requireFew("budget_limits", caps.size(), MOST_WINDOWS);
            return caps;
        }

        Map<String, ModelCap> models(Map<String, ModelCap> current) {
            if (!fields.containsKey("model_max_budget")) {
                return current;
            }
            var caps = new TreeMap<String, ModelCap>();
            object("model_max_budget", fields.get("model_max_budget"))
                    .forEach((model, value) -> caps.put(model, modelCap("model_max_budget." + model, value)));
            requireFew("model_max_budget", caps.size(), MOST_MODELS);
            LimitColumns.requireSingleModels("model_max_budget", caps.keySet());
            return caps;
        }

        /** A bare number is a cap for ever; {@code budget_limit} and {@code time_period} are older spellings. */
        private static ModelCap modelCap(String field, Object value) {
            if (value instanceof Number) {
                return new ModelCap(null, money(field, value), null, null);
            }
            var cap = object(field, value);
            requireKnown(
                    field,
                    cap,
                    Set.of("max_budget", "budget_limit", "budget_duration", "time_period", "rpm_limit", "tpm_limit"));
            var max = cap.get("max_budget") == null ? cap.get("budget_limit") : cap.get("max_budget");
            var period = cap.get("budget_duration") == null ? cap.get("time_period") : cap.get("budget_duration");
            return new ModelCap(
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
                    || !kinds.stream().allMatch(kind -> kind instanceof String && SHADOW_KINDS.contains(kind))) {
                throw Problem.of(ProblemCode.INVALID_VALUE)
                        .param("shadow_limits")
                        .detail(
                                "shadow_limits must be a list of %s",
                                String.join(", ", SHADOW_KINDS.stream().sorted().toList()));
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
            return map(value);
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
}
