package io.tenantry.keys;

import io.tenantry.access.ModelList;
import io.tenantry.core.Ids;
import io.tenantry.core.Lifespan;
import io.tenantry.core.Problem;
import io.tenantry.core.ProblemCode;
import io.tenantry.identity.Scope;
import io.tenantry.tenancy.FoldedMetadata;
import io.tenantry.tenancy.KeyDirectory.NewKeyTerms;
import io.tenantry.tenancy.ObjectPermission;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.HashMap;
import java.util.List;
import java.util.UUID;

/** A key that is about to be stored, with its secret and the rows that it comes with. */
record NewKey(KeySecret secret, ApiKey key, ObjectPermission permission, KeyParents parents) {

    /** Fails with the problem of the first thing that this caller may not ask for or that does not fit the parents. */
    static NewKey of(Scope scope, IssueKeyRequest request, KeyParents parents) {
        KeyRights.requireType(scope, request.typeOrDefault());
        KeyRights.requireRoutes(scope.caller().allowedRoutes(), request.routes());
        var permission = request.objectPermission() == null
                ? null
                : request.objectPermission().toPermission();
        var secret = KeySecret.chosenOrRandom(request.key(), "key");
        var key = key(secret, scope.caller().actor());
        key.keyAlias = request.keyAlias();
        key.keyType = request.typeOrDefault().wire;
        key.userId = parents.asked().userId();
        key.teamId = parents.asked().teamId();
        key.ownOrganizationId = parents.ownOrganizationId();
        key.organizationId = parents.organizationId();
        key.budgetId = parents.asked().budgetId();
        key.models = request.models() == null ? List.of() : request.models();
        key.accessGroupIds = request.groups();
        key.aliases = request.aliases() == null ? new HashMap<>() : new HashMap<>(request.aliases());
        key.limits = request.limits();
        key.allowedRoutes = request.routes();
        key.blocked = Boolean.TRUE.equals(request.blocked());
        key.expiresAt = expiry(request.duration(), key.createdAt);
        key.objectPermissionId = permission == null ? null : permission.objectPermissionId;
        fold(key, request.folded());
        KeyCeilings.require(scope, key, parents);
        return new NewKey(secret, key, permission, parents);
    }

    /** A personal key for a user that is made in the same transaction. */
    static NewKey personal(String userId, NewKeyTerms terms, String actor) {
        var secret = KeySecret.random();
        var key = key(secret, actor);
        key.keyAlias = terms.keyAlias();
        key.userId = userId;
        key.models = terms.models() == null ? List.of() : terms.models();
        key.expiresAt = expiry(terms.duration(), key.createdAt);
        key.aliases = new HashMap<>(terms.aliases());
        requireTargets(key);
        fold(key, terms.metadata());
        return new NewKey(secret, key, null, KeyParents.NONE);
    }

    /** An alias is no way around the models that the user, whose list the key starts with, may use. */
    private static void requireTargets(ApiKey key) {
        var models = ModelList.of(key.models);
        key.aliases.values().stream()
                .map(String::valueOf)
                .filter(target -> !models.allows(target, target))
                .findFirst()
                .ifPresent(target -> {
                    throw Problem.of(ProblemCode.PARENT_LIMIT_EXCEEDED)
                            .param("aliases")
                            .detail("aliases of the key lead to '%s', which its user does not have", target);
                });
    }

    private static ApiKey key(KeySecret secret, String actor) {
        var key = new ApiKey();
        key.keyId = UUID.fromString(Ids.random());
        key.secretHash = secret.hash();
        key.keyName = secret.shownName();
        key.keyType = KeyType.DEFAULT.wire;
        // what PostgreSQL can store, so that the answer is what is read back
        key.createdAt = Instant.now().truncatedTo(ChronoUnit.MICROS);
        key.createdBy = actor;
        key.updatedAt = key.createdAt;
        key.updatedBy = actor;
        return key;
    }

    private static Instant expiry(String duration, Instant now) {
        return duration == null ? null : Lifespan.endingAt(duration, "duration", now);
    }

    private static void fold(ApiKey key, FoldedMetadata folded) {
        key.metadata = folded.rest();
        key.modelRpmLimit = folded.modelRpmLimit();
        key.modelTpmLimit = folded.modelTpmLimit();
        key.tags = folded.tags();
        key.guardrails = folded.guardrails();
    }
}
