package io.tenantry.keys;

import io.tenantry.core.Lifespan;
import io.tenantry.core.NanoUsd;
import io.tenantry.core.Patch;
import io.tenantry.core.Problem;
import io.tenantry.core.ProblemCode;
import io.tenantry.tenancy.FoldedMetadata;
import io.tenantry.tenancy.LimitColumns;
import io.tenantry.tenancy.TemporaryIncrease;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Writes a request's fields into a key. Whether the caller may, and whether the parents allow it, is settled elsewhere. */
final class KeyChange {

    private static final String FOR_EVER = "-1";

    private final ApiKey key;
    private final UpdateKeyRequest request;
    private final Instant now;

    private KeyChange(ApiKey key, UpdateKeyRequest request, Instant now) {
        this.key = key;
        this.request = request;
        this.now = now;
    }

    /** Fails with the problem of the first field that cannot mean anything. */
    static void apply(ApiKey key, UpdateKeyRequest request, KeyParents parents, String actor) {
        var now = Instant.now().truncatedTo(ChronoUnit.MICROS);
        new KeyChange(key, request, now).apply(parents, actor);
    }

    private void apply(KeyParents parents, String actor) {
        request.keyAlias().ifPresent(alias -> key.keyAlias = alias == null || alias.isBlank() ? null : alias);
        request.models().ifPresent(models -> key.models = models == null ? List.of() : models);
        request.accessGroupIds().ifPresent(ids -> key.accessGroupIds = request.groups());
        request.aliases()
                .ifPresent(aliases -> key.aliases = aliases == null ? new HashMap<>() : new HashMap<>(aliases));
        request.blocked().ifPresent(blocked -> key.blocked = Boolean.TRUE.equals(blocked));
        request.duration().ifPresent(duration -> key.expiresAt = expiry(duration));
        setOwner(parents);
        setLimits();
        setRoutes();
        fold();
        setTemporaryIncrease(parents);
        if (key.metadata.get("service_account_id") != null && key.teamId == null) {
            throw Problem.of(ProblemCode.INVALID_VALUE)
                    .param("team_id")
                    .detail("team_id is required for a service account: metadata names a service_account_id");
        }
        key.updatedBy = actor;
    }

    private Instant expiry(String duration) {
        return duration == null || duration.equals(FOR_EVER) ? null : Lifespan.endingAt(duration, "duration", now);
    }

    private void setOwner(KeyParents parents) {
        key.userId = parents.asked().userId();
        key.teamId = parents.asked().teamId();
        key.budgetId = parents.asked().budgetId();
        key.ownOrganizationId = parents.ownOrganizationId();
        key.organizationId = parents.organizationId();
    }

    private void setLimits() {
        var limits = key.limitsOrNone();
        var changed = LimitColumns.of(
                request.maxBudget().over(NanoUsd.usdOrNull(limits.maxBudgetNano)),
                request.softBudget().over(NanoUsd.usdOrNull(limits.softBudgetNano)),
                request.budgetDuration().over(limits.budgetDuration),
                request.tpmLimit().over(limits.tpmLimit),
                request.rpmLimit().over(limits.rpmLimit),
                request.maxParallelRequests().over(limits.maxParallelRequests));
        changed.furtherLimits = limits.furtherLimits;
        key.limits = changed.withFurther(request.others());
    }

    private void setRoutes() {
        if (request.keyType().isPresent()) {
            var type = request.keyType().orNull() == null
                    ? KeyType.DEFAULT
                    : request.keyType().orNull();
            key.keyType = type.wire;
            key.allowedRoutes = type.routesOr(request.allowedRoutes().orNull());
        } else if (request.allowedRoutes().isPresent()) {
            var routes = request.allowedRoutes().orNull();
            key.allowedRoutes = routes == null ? List.of() : routes;
            // the word would say something else than the list
            if (!key.keyType.equals(KeyType.GATEWAY.wire)) {
                key.keyType = KeyType.DEFAULT.wire;
            }
        }
    }

    /** Metadata replaces the metadata, with what clients write inside it; otherwise each of those is changed by itself. */
    private void fold() {
        var replaced = request.metadata().isPresent();
        var given = request.metadata().orNull() == null
                ? Map.<String, Object>of()
                : request.metadata().orNull();
        var folded = FoldedMetadata.of(
                replaced ? given : key.metadata,
                rates(request.modelRpmLimit(), replaced ? null : key.modelRpmLimit),
                rates(request.modelTpmLimit(), replaced ? null : key.modelTpmLimit),
                texts(request.tags(), replaced ? null : key.tags),
                texts(request.guardrails(), replaced ? null : key.guardrails));
        key.metadata = folded.rest();
        key.modelRpmLimit = folded.modelRpmLimit();
        key.modelTpmLimit = folded.modelTpmLimit();
        key.tags = folded.tags();
        key.guardrails = folded.guardrails();
    }

    private static Map<String, Long> rates(Patch<Map<String, Long>> asked, Map<String, Long> current) {
        var rates = asked.over(current);
        return rates == null && asked.isPresent() ? Map.of() : rates;
    }

    private static List<String> texts(Patch<List<String>> asked, List<String> current) {
        var texts = asked.over(current);
        return texts == null && asked.isPresent() ? List.of() : texts;
    }

    private void setTemporaryIncrease(KeyParents parents) {
        if (!request.tempBudgetIncrease().isPresent()) {
            return;
        }
        var increase = request.tempBudgetIncrease().orNull();
        LimitColumns.requireMoney("temp_budget_increase", increase);
        var ends = request.tempBudgetExpiry().orNull() == null
                ? null
                : TemporaryIncrease.end(request.tempBudgetExpiry().orNull(), now);
        if (increase != null && KeyCeilings.withBudget(key.limits, parents.budget()).maxBudgetNano == null) {
            throw Problem.of(ProblemCode.BUDGET_CONFLICT)
                    .param("temp_budget_increase")
                    .detail(
                            "temp_budget_increase needs a max_budget to add to: the key has none, so it is not limited");
        }
        key.tempBudgetIncreaseNano = NanoUsd.nanosOrNull(increase);
        key.tempBudgetExpiresAt = ends;
    }
}
