package io.tenantry.admission;

import io.tenantry.access.ModelAccess.Level;
import io.tenantry.access.ObjectAccess.Denied;
import io.tenantry.core.NanoUsd;
import io.tenantry.core.ResourceKind;
import io.tenantry.limits.engine.Charge;
import io.tenantry.limits.engine.LimitKind;
import io.tenantry.limits.engine.Standing;
import java.util.List;
import java.util.OptionalLong;

/**
 * A refused request.
 *
 * @param scope     whose rule refused; null when there is nobody to name
 * @param id        that object's id
 * @param type      the wire's error type
 * @param shortages all exhausted limits, the most specific first; empty for other reasons
 * @param batch     how far batch work is; null for everything else
 * @param waitMillis after how long the same request would fit; empty when waiting does not help or the time is not known
 */
record Refusal(
        RefusalReason reason,
        ResourceKind scope,
        String id,
        String type,
        String message,
        List<Standing> shortages,
        BatchProgress batch,
        OptionalLong waitMillis) {

    Refusal {
        shortages = List.copyOf(shortages);
    }

    static Refusal unknownKey() {
        return plain(
                RefusalReason.UNKNOWN_KEY, null, null, "Invalid proxy server token passed: no such key exists here");
    }

    static Refusal expired(Policy policy) {
        return plain(
                RefusalReason.EXPIRED_KEY,
                ResourceKind.KEY,
                policy.owner().keyId().toString(),
                "Expired Key: it expired at " + policy.expiresAt());
    }

    static Refusal blocked(Policy policy) {
        var scope = policy.blockedAt();
        var name = Character.toUpperCase(scope.label.charAt(0)) + scope.label.substring(1);
        return plain(RefusalReason.BLOCKED, scope, idOf(scope, policy), name + " is blocked");
    }

    static Refusal blocked(NamedScope scope) {
        return plain(
                RefusalReason.BLOCKED,
                scope.kind(),
                scope.name(),
                "%s '%s' is blocked"
                        .formatted(scope.kind() == ResourceKind.END_USER ? "Customer" : "Tag", scope.name()));
    }

    private static String idOf(ResourceKind scope, Policy policy) {
        var owner = policy.owner();
        return switch (scope) {
            case ORGANIZATION -> owner.organizationId();
            case TEAM -> owner.teamId();
            case USER -> owner.userId();
            default -> owner.keyId().toString();
        };
    }

    static Refusal routeNotAllowed(Policy policy) {
        return plain(
                RefusalReason.ROUTE_NOT_ALLOWED,
                ResourceKind.KEY,
                policy.owner().keyId().toString(),
                "This key is not allowed to call this route: its allowed_routes do not cover model calls");
    }

    static Refusal modelNotAllowed(Level level, String model) {
        var message = "%s not allowed to access model. This %s can only access models=%s. Tried to access %s"
                .formatted(
                        level.scope().label, level.scope().label, level.models().entries(), model);
        return new Refusal(
                RefusalReason.MODEL_NOT_ALLOWED,
                level.scope(),
                level.id(),
                accessType(level.scope()),
                message,
                List.of(),
                null,
                OptionalLong.empty());
    }

    private static String accessType(ResourceKind scope) {
        return switch (scope) {
            case TEAM, TEAM_MEMBER -> "team_model_access_denied";
            case USER -> "user_model_access_denied";
            case ORGANIZATION, ORGANIZATION_MEMBER -> "org_model_access_denied";
            default -> "key_model_access_denied";
        };
    }

    static Refusal objectNotAllowed(Denied denied) {
        var level = denied.level();
        var message = "%s not allowed to use '%s'. The object permission of this %s says %s=%s"
                .formatted(
                        level.scope().label,
                        denied.wanted(),
                        level.scope().label,
                        denied.field(),
                        level.terms().getOrDefault(denied.field(), List.of()));
        var type = denied.field().equals("vector_stores")
                ? accessType(level.scope()).replace("_model_", "_vector_store_")
                : RefusalReason.OBJECT_NOT_ALLOWED.type;
        return new Refusal(
                RefusalReason.OBJECT_NOT_ALLOWED,
                level.scope(),
                level.id(),
                type,
                message,
                List.of(),
                null,
                OptionalLong.empty());
    }

    static Refusal regionNotAllowed(ResourceKind kind, String id, String region, String asked) {
        var message = asked == null
                ? "This %s may only use models in region %s, and the request does not say where the model runs: send model_region"
                        .formatted(kind.label, region)
                : "This %s may only use models in region %s, and the model runs in %s"
                        .formatted(kind.label, region, asked);
        return plain(RefusalReason.REGION_NOT_ALLOWED, kind, id, message);
    }

    static Refusal tooManyTokens(ResourceKind kind, String id, String field, long most, Long asked) {
        var message = asked == null
                ? "This %s may use %d tokens at most as %s of a request, and the request does not say how many it needs: send %s"
                        .formatted(kind.label, most, field, field)
                : "This %s may use %d tokens at most as %s of a request, and the request has %d"
                        .formatted(kind.label, most, field, asked);
        return plain(RefusalReason.TOKENS_NOT_ALLOWED, kind, id, message);
    }

    static Refusal unavailable() {
        return plain(
                RefusalReason.LIMITS_UNAVAILABLE,
                null,
                null,
                "The limits cannot be checked right now, so nothing is admitted; try again");
    }

    private static Refusal plain(RefusalReason reason, ResourceKind scope, String id, String message) {
        return new Refusal(reason, scope, id, reason.type, message, List.of(), null, OptionalLong.empty());
    }

    /** Named after the most specific exhausted limit. It takes as long as the slowest of all exhausted ones until the request fits. */
    static Refusal exhausted(List<Standing> found, String model, Waits waits) {
        return exhausted(found, List.of(), model, waits);
    }

    /** @param unthrottled how the limits of a key stood before it was throttled, because its budget is spent; none where it is not */
    static Refusal exhausted(List<Standing> found, List<Standing> unthrottled, String model, Waits waits) {
        var shortages = found.stream()
                .filter(Standing::refuses)
                .sorted(LimitedScope.MOST_SPECIFIC_FIRST)
                .toList();
        var first = shortages.get(0);
        var limit = first.charge().limit();
        var wait = waits.of(found, unthrottled);
        var reason = reasonFor(first, wait.isPresent());
        return new Refusal(
                reason, limit.scope(), limit.id(), reason.type, message(first, model), shortages, null, millis(wait));
    }

    private static OptionalLong millis(OptionalLong micros) {
        return micros.isPresent() ? OptionalLong.of((micros.getAsLong() + 999) / 1_000) : micros;
    }

    /** Named after the limit that the next part waits for. */
    static Refusal pending(BatchProgress progress) {
        var first = progress.waiting().isEmpty()
                ? null
                : progress.waiting().get(0).charge().limit();
        long millis = (progress.waitMicros() + 999) / 1_000;
        return new Refusal(
                RefusalReason.BATCH_PENDING,
                first == null ? null : first.scope(),
                first == null ? null : first.id(),
                RefusalReason.BATCH_PENDING.type,
                "Batch work is admitted over time: %d %% of it is taken. Ask again under the same request_id after %d ms"
                        .formatted((long) (100 * progress.share()), millis),
                progress.waiting(),
                progress,
                OptionalLong.of(millis));
    }

    /** @param passes whether waiting helps: what is too large for a throttled rate is not for the budget's next period */
    private static RefusalReason reasonFor(Standing shortage, boolean passes) {
        return switch (shortage.charge().limit().kind()) {
            case BUDGET, TOKEN_BUDGET, REQUEST_BUDGET -> RefusalReason.BUDGET_EXCEEDED;
            case PARALLEL -> RefusalReason.PARALLEL_LIMITED;
            default ->
                shortage.waitMicros() == Standing.NEVER && !passes
                        ? RefusalReason.TOO_LARGE
                        : RefusalReason.RATE_LIMITED;
        };
    }

    private static String message(Standing shortage, String model) {
        var limit = shortage.charge().limit();
        if (shortage.charge() instanceof Charge.Budget budget) {
            return "Budget has been exceeded! %s=%s Current cost: %s, held by open requests: %s, Max budget: %s, this request: %s, model: %s"
                    .formatted(
                            limit.scope().label,
                            limit.id(),
                            amount(shortage.used(), limit.kind()),
                            amount(shortage.held(), limit.kind()),
                            amount(budget.most(), limit.kind()),
                            amount(budget.amount(), limit.kind()),
                            model);
        }
        var message = "Rate limit exceeded for %s: %s. Limit type: %s. Current limit: %d, Remaining: %d"
                        .formatted(
                                limit.scope().label,
                                limit.id(),
                                limit.kind().wire,
                                shortage.charge().most(),
                                Math.max(0, shortage.remaining()))
                + (limit.kind().isThrottled() ? ". The key is throttled, because its budget is spent" : "");
        return shortage.waitMicros() == Standing.NEVER && limit.kind() != LimitKind.PARALLEL
                ? message
                        + ". The request asks for %d, more than the limit ever allows"
                                .formatted(shortage.charge().amount())
                : message;
    }

    private static String amount(long value, LimitKind kind) {
        return switch (kind) {
            case TOKEN_BUDGET -> value + " tokens";
            case REQUEST_BUDGET -> value + " requests";
            default -> new NanoUsd(value).toUsd().toPlainString();
        };
    }
}
