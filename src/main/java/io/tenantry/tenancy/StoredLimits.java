package io.tenantry.tenancy;

import io.tenantry.tenancy.FurtherLimits.Cap;
import io.tenantry.tenancy.FurtherLimits.ModelCap;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/** {@link FurtherLimits} as the JSON object that they are kept as, a published format. */
final class StoredLimits {

    private StoredLimits() {}

    /** Null when there is nothing to say. */
    static Map<String, Object> of(FurtherLimits limits) {
        var stored = new LinkedHashMap<String, Object>();
        putUnlessEmpty(stored, "tpd", limits.tokensPerDay());
        putUnlessEmpty(stored, "model_itpm", limits.modelInputTokens());
        putUnlessEmpty(stored, "model_otpm", limits.modelOutputTokens());
        putUnlessEmpty(stored, "tag_rpm", limits.tagRequests());
        putUnlessEmpty(
                stored,
                "windows",
                limits.windows().stream().map(StoredLimits::stored).toList());
        var byModel = new TreeMap<String, Object>();
        limits.models().forEach((model, cap) -> byModel.put(model, stored(cap)));
        putUnlessEmpty(stored, "models", byModel);
        putUnlessEmpty(stored, "token_budget", limits.tokenBudget());
        putUnlessEmpty(stored, "request_budget", limits.requestBudget());
        putUnlessEmpty(
                stored,
                "zone",
                limits.timeZone() == null ? null : limits.timeZone().getId());
        putUnlessEmpty(stored, "rollover_nano", limits.rolloverNano());
        putUnlessEmpty(stored, "shadow", limits.shadow().stream().sorted().toList());
        putUnlessEmpty(stored, "modes", limits.modes().shown());
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

    static void putUnlessEmpty(Map<String, Object> target, String name, Object value) {
        boolean empty = value == null
                || (value instanceof Map<?, ?> map && map.isEmpty())
                || (value instanceof List<?> list && list.isEmpty());
        if (!empty) {
            target.put(name, value);
        }
    }

    /** The opposite of {@link #of}. */
    static FurtherLimits read(Map<String, Object> stored) {
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
    static Map<String, Object> map(Object value) {
        return value == null ? Map.of() : (Map<String, Object>) value;
    }

    static List<?> list(Object value) {
        return value == null ? List.of() : (List<?>) value;
    }
}
