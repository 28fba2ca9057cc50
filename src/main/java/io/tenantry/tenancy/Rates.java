package io.tenantry.tenancy;

import io.vertx.core.json.JsonObject;
import java.util.HashMap;
import java.util.Map;

/**
 * The rates a minute of a team or key, or of several together. Null is no limit.
 *
 * @param modelTpm tokens by model
 * @param modelRpm requests by model
 */
public record Rates(Long tpm, Long rpm, Map<String, Long> modelTpm, Map<String, Long> modelRpm) {

    public Rates {
        modelTpm = Map.copyOf(modelTpm);
        modelRpm = Map.copyOf(modelRpm);
    }

    static Rates of(Team team) {
        var limits = team.limitsOrNone();
        return new Rates(limits.tpmLimit, limits.rpmLimit, team.modelTpmLimit, team.modelRpmLimit);
    }

    static Rates of(ParentLimits parent) {
        var organization = parent.organization();
        return new Rates(
                parent.limits().tpmLimit,
                parent.limits().rpmLimit,
                organization.modelTpmLimit,
                organization.modelRpmLimit);
    }

    /** The same for single models, beside these limits for all. */
    Rates with(LimitColumns limits) {
        return new Rates(limits.tpmLimit, limits.rpmLimit, modelTpm, modelRpm);
    }

    static Rates of(JsonObject json) {
        return new Rates(
                json.getLong("tpm"),
                json.getLong("rpm"),
                numbers(json.getJsonObject("model_tpm")),
                numbers(json.getJsonObject("model_rpm")));
    }

    private static Map<String, Long> numbers(JsonObject json) {
        var numbers = new HashMap<String, Long>();
        if (json != null) {
            json.fieldNames().forEach(name -> numbers.put(name, json.getLong(name)));
        }
        return numbers;
    }
}
