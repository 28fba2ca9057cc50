package io.tenantry.admission;

import io.tenantry.access.ObjectAccess;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/** What a policy forbids whatever the balances are, in the order in which it is checked. */
final class AdmissionRules {

    private AdmissionRules() {}

    static Optional<Refusal> refusalFor(Policy policy, AdmissionRequest request, Instant now) {
        if (policy.expired(now)) {
            return Optional.of(Refusal.expired(policy));
        }
        if (policy.blockedAt() != null) {
            return Optional.of(Refusal.blocked(policy));
        }
        if (!policy.modelCalls()) {
            return Optional.of(Refusal.routeNotAllowed(policy));
        }
        var alias = request.model();
        return policy.models()
                .firstDenying(policy.resolve(alias), alias)
                .map(level -> Refusal.modelNotAllowed(level, alias))
                .or(() -> policy.requests().refusalFor(request))
                .or(() -> policy.attachments()
                        .objects()
                        .firstDenying(request.objects().wanted())
                        .map(Refusal::objectNotAllowed));
    }

    /** What the scopes forbid that the request names. */
    static Optional<Refusal> refusalFor(List<NamedScope> named, AdmissionRequest request) {
        for (var scope : named) {
            if (scope.blocked()) {
                return Optional.of(Refusal.blocked(scope));
            }
            var refusal = new RequestRules(scope.kind(), scope.name(), scope.region(), null, null).refusalFor(request);
            if (refusal.isPresent()) {
                return refusal;
            }
            if (scope.objects() != null) {
                var denied = new ObjectAccess(List.of(scope.objects()))
                        .firstDenying(request.objects().wanted());
                if (denied.isPresent()) {
                    return denied.map(Refusal::objectNotAllowed);
                }
            }
        }
        return Optional.empty();
    }
}
