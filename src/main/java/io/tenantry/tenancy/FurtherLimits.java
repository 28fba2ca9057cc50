package io.tenantry.tenancy;

import io.tenantry.core.NanoUsd;
import java.time.ZoneId;
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
        var given = new GivenLimits(request);
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
        StoredLimits.putUnlessEmpty(shown, "tpd_limit", tokensPerDay);
        StoredLimits.putUnlessEmpty(shown, "model_itpm_limit", new TreeMap<>(modelInputTokens));
        StoredLimits.putUnlessEmpty(shown, "model_otpm_limit", new TreeMap<>(modelOutputTokens));
        StoredLimits.putUnlessEmpty(shown, TAG_RATES, new TreeMap<>(tagRequests));
        StoredLimits.putUnlessEmpty(
                shown,
                "budget_limits",
                windows.stream().map(FurtherLimits::shown).toList());
        var byModel = new TreeMap<String, Object>();
        models.forEach((model, cap) -> byModel.put(model, shown(cap)));
        StoredLimits.putUnlessEmpty(shown, "model_max_budget", byModel);
        StoredLimits.putUnlessEmpty(shown, "token_budget", tokenBudget);
        StoredLimits.putUnlessEmpty(shown, "request_budget", requestBudget);
        StoredLimits.putUnlessEmpty(shown, "budget_time_zone", timeZone == null ? null : timeZone.getId());
        StoredLimits.putUnlessEmpty(shown, "budget_rollover", NanoUsd.usdOrNull(rolloverNano));
        StoredLimits.putUnlessEmpty(
                shown, "shadow_limits", shadow.stream().sorted().toList());
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
        StoredLimits.putUnlessEmpty(shown, "max_budget", NanoUsd.usdOrNull(cap.maxNano()));
        StoredLimits.putUnlessEmpty(shown, "budget_duration", cap.period());
        StoredLimits.putUnlessEmpty(shown, "rpm_limit", cap.rpm());
        StoredLimits.putUnlessEmpty(shown, "tpm_limit", cap.tpm());
        return shown;
    }

    /** As stored; null when there is nothing to say. */
    public Map<String, Object> stored() {
        return StoredLimits.of(this);
    }

    /** From what {@link #stored} made of it. */
    public static FurtherLimits ofStored(Map<String, Object> stored) {
        return stored == null || stored.isEmpty() ? NONE : StoredLimits.read(stored);
    }
}
