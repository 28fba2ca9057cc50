package io.tenantry.tenancy;

import io.tenantry.core.Patch;
import io.tenantry.core.Problem;
import io.tenantry.core.ProblemCode;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Free-form metadata apart from the fields that clients of this API read and write inside it. They are columns here, because they decide;
 * on the wire they stay where clients look for them.
 */
public record FoldedMetadata(
        Map<String, Object> rest,
        Map<String, Long> modelRpmLimit,
        Map<String, Long> modelTpmLimit,
        List<String> tags,
        List<String> guardrails) {

    private static final String MODEL_RPM = "model_rpm_limit";
    private static final String MODEL_TPM = "model_tpm_limit";
    private static final String TAGS = "tags";
    private static final String GUARDRAILS = "guardrails";
    private static final String MEMBER_BUDGET = "team_member_budget_id";

    /** From a request. A field of its own wins over the same name inside the metadata; fails naming what cannot be read. */
    public static FoldedMetadata of(
            Map<String, Object> metadata,
            Map<String, Long> modelRpmLimit,
            Map<String, Long> modelTpmLimit,
            List<String> tags,
            List<String> guardrails) {
        var rest = new HashMap<>(metadata == null ? Map.<String, Object>of() : metadata);
        UnsupportedFields.refuseInMetadata(rest);
        // only the server sets it
        rest.remove(MEMBER_BUDGET);
        var rpmInside = rest.remove(MODEL_RPM);
        var tpmInside = rest.remove(MODEL_TPM);
        var tagsInside = rest.remove(TAGS);
        var guardrailsInside = rest.remove(GUARDRAILS);
        return new FoldedMetadata(
                rest,
                rates(MODEL_RPM, modelRpmLimit == null ? rpmInside : modelRpmLimit),
                rates(MODEL_TPM, modelTpmLimit == null ? tpmInside : modelTpmLimit),
                texts(TAGS, tags == null ? tagsInside : tags),
                texts(GUARDRAILS, guardrails == null ? guardrailsInside : guardrails));
    }

    /** How an update treats the metadata that is stored. */
    enum Rule {
        REPLACE,
        MERGE
    }

    /** What an update says about metadata and about the fields that clients write beside or inside it. */
    record Change(
            Patch<Map<String, Object>> metadata,
            Patch<Map<String, Long>> modelRpmLimit,
            Patch<Map<String, Long>> modelTpmLimit,
            Patch<List<String>> tags,
            Patch<List<String>> guardrails) {}

    /**
     * As it is after an update. A limit that lives inside the metadata on the wire is a field like any other: metadata that does not name it
     * leaves it alone. A field of its own wins over the same name inside.
     */
    FoldedMetadata changed(Change change, Rule rule) {
        var sent = change.metadata().orNull();
        var inside = new HashMap<>(sent == null ? Map.<String, Object>of() : sent);
        UnsupportedFields.refuseInMetadata(inside);
        inside.remove(MEMBER_BUDGET);
        return new FoldedMetadata(
                        rest,
                        rates(MODEL_RPM, value(MODEL_RPM, change.modelRpmLimit(), inside, modelRpmLimit)),
                        rates(MODEL_TPM, value(MODEL_TPM, change.modelTpmLimit(), inside, modelTpmLimit)),
                        texts(TAGS, value(TAGS, change.tags(), inside, tags)),
                        texts(GUARDRAILS, value(GUARDRAILS, change.guardrails(), inside, guardrails)))
                .withRest(change.metadata(), inside, rule);
    }

    /** The new value, which is taken out of the metadata where it is inside. */
    private static Object value(String name, Patch<?> own, Map<String, Object> inside, Object current) {
        var named = inside.containsKey(name);
        var value = inside.remove(name);
        if (own.isPresent()) {
            return own.orNull();
        }
        return named ? value : current;
    }

    private FoldedMetadata withRest(Patch<?> sent, Map<String, Object> inside, Rule rule) {
        if (!sent.isPresent()) {
            return this;
        }
        var merged = rule == Rule.MERGE && sent.orNull() != null ? MergePatch.apply(rest, inside) : inside;
        return new FoldedMetadata(merged, modelRpmLimit, modelTpmLimit, tags, guardrails);
    }

    /** As clients read it. */
    public Map<String, Object> shown(String memberBudgetId) {
        var shown = new LinkedHashMap<>(rest);
        putUnlessEmpty(shown, MODEL_RPM, modelRpmLimit.isEmpty() ? null : modelRpmLimit);
        putUnlessEmpty(shown, MODEL_TPM, modelTpmLimit.isEmpty() ? null : modelTpmLimit);
        putUnlessEmpty(shown, TAGS, tags.isEmpty() ? null : tags);
        putUnlessEmpty(shown, GUARDRAILS, guardrails.isEmpty() ? null : guardrails);
        putUnlessEmpty(shown, MEMBER_BUDGET, memberBudgetId);
        return shown;
    }

    private static void putUnlessEmpty(Map<String, Object> shown, String name, Object value) {
        if (value != null) {
            shown.put(name, value);
        }
    }

    private static Map<String, Long> rates(String field, Object value) {
        if (value == null) {
            return new HashMap<>();
        }
        if (!(value instanceof Map<?, ?> byModel)) {
            throw unreadable(field, "an object of model name to whole number");
        }
        var rates = new HashMap<String, Long>();
        byModel.forEach((model, rate) -> rates.put(String.valueOf(model), rate(field + "." + model, rate)));
        LimitColumns.requireSingleModels(field, rates.keySet());
        return rates;
    }

    private static Long rate(String field, Object value) {
        if (!(value instanceof Long || value instanceof Integer)) {
            throw unreadable(field, "a whole number");
        }
        var rate = ((Number) value).longValue();
        LimitColumns.requireRate(field, rate);
        return rate;
    }

    private static List<String> texts(String field, Object value) {
        if (value == null) {
            return List.of();
        }
        if (!(value instanceof List<?> list) || !list.stream().allMatch(String.class::isInstance)) {
            throw unreadable(field, "a list of texts");
        }
        return list.stream().map(String.class::cast).toList();
    }

    private static Problem unreadable(String field, String expected) {
        return Problem.of(ProblemCode.VALIDATION).param(field).detail("%s must be %s", field, expected);
    }
}
