package io.tenantry.admission;

import io.tenantry.core.ResourceKind;
import java.util.Optional;

/**
 * What each request of a user's keys, or for a customer, must keep to, whatever the balances are. A request that does not say what a rule is about is refused too: it
 * could not be shown to keep to it.
 *
 * @param kind            whose rules these are: a user's or an end user's
 * @param region          where the model must run; null for anywhere
 * @param maxInputTokens  the largest prompt; null for any
 * @param maxOutputTokens the longest answer that may be asked for; null for any
 */
record RequestRules(ResourceKind kind, String id, String region, Long maxInputTokens, Long maxOutputTokens) {

    static final RequestRules NONE = new RequestRules(null, null, null, null, null);

    Optional<Refusal> refusalFor(AdmissionRequest request) {
        if (region != null && !region.equalsIgnoreCase(request.modelRegion())) {
            return Optional.of(Refusal.regionNotAllowed(kind, id, region, request.modelRegion()));
        }
        if (exceeds(request.inputTokens(), maxInputTokens)) {
            return Optional.of(Refusal.tooManyTokens(kind, id, "input_tokens", maxInputTokens, request.inputTokens()));
        }
        if (exceeds(request.maxOutputTokens(), maxOutputTokens)) {
            return Optional.of(
                    Refusal.tooManyTokens(kind, id, "max_output_tokens", maxOutputTokens, request.maxOutputTokens()));
        }
        return Optional.empty();
    }

    private static boolean exceeds(Long asked, Long most) {
        return most != null && (asked == null || asked > most);
    }
}
