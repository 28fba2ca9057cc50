package io.tenantry.tenancy;

import io.tenantry.core.Problem;
import io.tenantry.core.ProblemCode;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;

/**
 * How limits are meant, beside how high they are. Null and false say nothing.
 *
 * @param requests  what {@code rpm_limit} and {@code model_rpm_limit} promise
 * @param tokens    what {@code tpm_limit} and {@code model_tpm_limit} promise
 * @param counted   which tokens {@code tpm_limit}, {@code model_tpm_limit} and {@code tpd_limit} count; null for the configured default
 * @param throttled whether the key goes on at a part of its rates when its budget is spent, rather than not at all
 */
public record LimitModes(ThroughputType requests, ThroughputType tokens, CountedTokens counted, boolean throttled) {

    public static final LimitModes NONE = new LimitModes(null, null, null, false);

    /** Of keys and teams. */
    public static final Set<String> THROUGHPUT = Set.of("rpm_limit_type", "tpm_limit_type");

    /** Of keys. */
    public static final String THROTTLE = "throttle_on_budget_exceeded";

    private static final String COUNTED = "tpm_limit_counts";

    /** The wire's names of these fields. */
    static final Set<String> FIELDS = Set.of("rpm_limit_type", "tpm_limit_type", COUNTED, THROTTLE);

    /** Whether any rate is promised to be there beside those of all others. */
    public boolean isGuaranteed() {
        return requests == ThroughputType.GUARANTEED || tokens == ThroughputType.GUARANTEED;
    }

    /** These modes after a request: fields that it does not have stay, null clears. Fails naming the first that is not one of its words. */
    LimitModes after(Map<String, Object> request) {
        return new LimitModes(
                word(request, "rpm_limit_type", requests, ThroughputType::ofWire, ThroughputType.wires()),
                word(request, "tpm_limit_type", tokens, ThroughputType::ofWire, ThroughputType.wires()),
                word(request, COUNTED, counted, CountedTokens::ofWire, CountedTokens.wires()),
                throttled(request));
    }

    private static <T> T word(
            Map<String, Object> request, String field, T current, Function<String, T> ofWire, List<String> words) {
        if (!request.containsKey(field)) {
            return current;
        }
        var value = request.get(field);
        if (value == null || "".equals(value)) {
            return null;
        }
        var word = ofWire.apply(String.valueOf(value));
        if (word == null) {
            throw Problem.of(ProblemCode.INVALID_VALUE)
                    .param(field)
                    .detail("%s must be one of %s", field, String.join(", ", words));
        }
        return word;
    }

    private boolean throttled(Map<String, Object> request) {
        if (!request.containsKey(THROTTLE)) {
            return throttled;
        }
        var value = request.get(THROTTLE);
        if (value != null && !(value instanceof Boolean)) {
            throw Problem.of(ProblemCode.VALIDATION).param(THROTTLE).detail("%s must be true or false", THROTTLE);
        }
        return Boolean.TRUE.equals(value);
    }

    /** These modes, those that say nothing taken from others. */
    LimitModes orElse(LimitModes others) {
        return new LimitModes(
                requests != null ? requests : others.requests,
                tokens != null ? tokens : others.tokens,
                counted != null ? counted : others.counted,
                throttled || others.throttled);
    }

    /** As clients read them; only what says something. */
    Map<String, Object> shown() {
        var shown = new LinkedHashMap<String, Object>();
        if (requests != null) {
            shown.put("rpm_limit_type", requests.wire);
        }
        if (tokens != null) {
            shown.put("tpm_limit_type", tokens.wire);
        }
        if (counted != null) {
            shown.put(COUNTED, counted.wire);
        }
        if (throttled) {
            shown.put(THROTTLE, true);
        }
        return shown;
    }

    /** As stored: a published format, the names of the wire. */
    static LimitModes ofStored(Map<String, Object> stored) {
        return NONE.after(stored);
    }
}
