package io.tenantry.tenancy;

import io.tenantry.core.Patch;

/** What each request of a user's keys must keep to: where the model runs, how large prompt and answer may be. Zero tokens is none. */
record UserRequestLimits(Patch<String> region, Patch<Long> maxInputTokens, Patch<Long> maxOutputTokens) {

    /** Regions are the operator's words, as its deployments are tagged; {@code eu} and {@code us} are the usual ones. */
    static final String REGION = "[a-z0-9][a-z0-9-]{0,63}";

    static final String REGION_RULE = "must be lower-case letters, digits and dashes, such as eu or us";

    UserRequestLimits {
        LimitColumns.requireRate(
                "allowed_model_max_input_tokens", Patch.orAbsent(maxInputTokens).orNull());
        LimitColumns.requireRate(
                "allowed_model_max_output_tokens",
                Patch.orAbsent(maxOutputTokens).orNull());
    }

    void applyTo(User user) {
        user.allowedModelRegion = region.over(user.allowedModelRegion);
        user.allowedModelMaxInputTokens = maxInputTokens.over(user.allowedModelMaxInputTokens);
        user.allowedModelMaxOutputTokens = maxOutputTokens.over(user.allowedModelMaxOutputTokens);
    }
}
