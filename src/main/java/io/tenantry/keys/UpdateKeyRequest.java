package io.tenantry.keys;

import com.fasterxml.jackson.annotation.JsonAnySetter;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import io.tenantry.core.Patch;
import io.tenantry.core.Problem;
import io.tenantry.core.ProblemCode;
import io.tenantry.tenancy.LimitModes;
import io.tenantry.tenancy.ObjectPermissionPatch;
import jakarta.validation.Valid;
import jakarta.validation.constraints.NotNull;
import jakarta.validation.constraints.Size;
import java.math.BigDecimal;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * What is to change about a key: a field that is absent stays, {@code null} clears it, {@code 0} allows nothing. Lists and objects are replaced
 * as a whole.
 *
 * @param key                which key: its secret, hash or id; optional where the path names it
 * @param duration           counted from now; {@code null} or {@code -1} for ever
 * @param tempBudgetIncrease added to the cap until {@code tempBudgetExpiry}; both or neither
 * @param spend              what shall count as spent in the current period: less than now forgives the rest
 * @param others             fields that the record does not name
 */
@JsonNaming(PropertyNamingStrategies.SnakeCaseStrategy.class)
public record UpdateKeyRequest(
        @Size(max = 8192) String key,
        Patch<@Size(max = 255) String> keyAlias,
        Patch<String> duration,
        Patch<KeyType> keyType,
        Patch<@Size(max = 1000) List<@NotNull @Size(min = 1, max = 255) String>> models,
        Patch<@Size(max = 100) List<@NotNull @Size(min = 1, max = 255) String>> accessGroupIds,
        Patch<@Size(max = 1000) Map<String, @NotNull String>> aliases,
        Patch<Map<String, Object>> metadata,
        Patch<BigDecimal> maxBudget,
        Patch<BigDecimal> softBudget,
        Patch<String> budgetDuration,
        Patch<@Size(min = 1, max = 255) String> budgetId,
        Patch<@Size(min = 1, max = 255) String> userId,
        Patch<@Size(min = 1, max = 255) String> teamId,
        Patch<@Size(min = 1, max = 255) String> organizationId,
        Patch<Integer> maxParallelRequests,
        Patch<Long> tpmLimit,
        Patch<Long> rpmLimit,
        Patch<@Size(max = 1000) Map<String, @NotNull Long>> modelRpmLimit,
        Patch<@Size(max = 1000) Map<String, @NotNull Long>> modelTpmLimit,
        Patch<@Size(max = 500) List<@NotNull @Size(min = 1, max = 255) String>> allowedRoutes,
        Patch<@Size(max = 500) List<@NotNull String>> guardrails,
        Patch<@Size(max = 500) List<@NotNull String>> tags,
        Patch<Boolean> blocked,
        Patch<@Valid ObjectPermissionPatch> objectPermission,
        Patch<BigDecimal> tempBudgetIncrease,
        Patch<String> tempBudgetExpiry,
        Patch<BigDecimal> spend,
        @JsonAnySetter Map<String, Object> others) {

    private static final Set<String> OF_TEAM_KEYS = Set.of(
            "max_budget",
            "soft_budget",
            "budget_duration",
            "max_parallel_requests",
            "tpm_limit",
            "rpm_limit",
            "model_rpm_limit",
            "model_tpm_limit",
            "duration",
            "tags",
            "metadata",
            "temp_budget_increase",
            "temp_budget_expiry");

    /** A body that says nothing. */
    static final UpdateKeyRequest NOTHING = new UpdateKeyRequest(
            null, null, null, null, null, null, null, null, null, null, null, null, null, null, null, null, null, null,
            null, null, null, null, null, null, null, null, null, null, null);

    /** Code may leave fields out by null. */
    public UpdateKeyRequest {
        keyAlias = Patch.orAbsent(keyAlias);
        duration = Patch.orAbsent(duration);
        keyType = Patch.orAbsent(keyType);
        models = Patch.orAbsent(models);
        accessGroupIds = Patch.orAbsent(accessGroupIds);
        aliases = Patch.orAbsent(aliases);
        metadata = Patch.orAbsent(metadata);
        maxBudget = Patch.orAbsent(maxBudget);
        softBudget = Patch.orAbsent(softBudget);
        budgetDuration = Patch.orAbsent(budgetDuration);
        budgetId = Patch.orAbsent(budgetId);
        userId = Patch.orAbsent(userId);
        teamId = Patch.orAbsent(teamId);
        organizationId = Patch.orAbsent(organizationId);
        maxParallelRequests = Patch.orAbsent(maxParallelRequests);
        tpmLimit = Patch.orAbsent(tpmLimit);
        rpmLimit = Patch.orAbsent(rpmLimit);
        modelRpmLimit = Patch.orAbsent(modelRpmLimit);
        modelTpmLimit = Patch.orAbsent(modelTpmLimit);
        allowedRoutes = Patch.orAbsent(allowedRoutes);
        guardrails = Patch.orAbsent(guardrails);
        tags = Patch.orAbsent(tags);
        blocked = Patch.orAbsent(blocked);
        objectPermission = Patch.orAbsent(objectPermission);
        tempBudgetIncrease = Patch.orAbsent(tempBudgetIncrease);
        tempBudgetExpiry = Patch.orAbsent(tempBudgetExpiry);
        spend = Patch.orAbsent(spend);
        others = others == null ? Map.of() : others;
    }

    /** Fails with VALIDATION when no key is named. */
    KeyRef ref() {
        if (key == null || key.isBlank()) {
            throw Problem.of(ProblemCode.VALIDATION).param("key").detail("key is required (field required)");
        }
        return KeyRef.of(key);
    }

    /** Fails with NOT_ENFORCED naming the first field that nothing would enforce, with VALIDATION for half of a temporary increase. */
    void requireSupported() {
        UnsupportedKeyFields.refuse(others);
        UnsupportedKeyFields.refuseInMetadata(metadata.orNull());
        objectPermission.ifPresent(permission -> {
            if (permission != null) {
                permission.requireSupported();
            }
        });
        boolean whole = tempBudgetIncrease.isPresent() == tempBudgetExpiry.isPresent()
                && (tempBudgetIncrease.orNull() == null) == (tempBudgetExpiry.orNull() == null);
        if (!whole) {
            throw Problem.of(ProblemCode.VALIDATION)
                    .param(tempBudgetIncrease.orNull() == null ? "temp_budget_increase" : "temp_budget_expiry")
                    .detail("temp_budget_increase and temp_budget_expiry are given together, or both are null");
        }
    }

    /** Fails with NOT_ENFORCED where this is said to be spent: only a change of one key forgives. */
    void requireNoSpend() {
        if (spend.orNull() != null) {
            throw Problem.of(ProblemCode.NOT_ENFORCED)
                    .param("spend")
                    .detail("spend is taken by /key/update alone, and by POST /key/{key}/reset_spend");
        }
    }

    /** The model access groups that the key is to have, each once; empty where they are cleared or not named. */
    List<String> groups() {
        return accessGroupIds.orNull() == null
                ? List.of()
                : accessGroupIds.orNull().stream().distinct().toList();
    }

    /** Whether the change may ask for more of a budget that is handed out exactly. */
    boolean changesAllocation() {
        return maxBudget.isPresent()
                || budgetDuration.isPresent()
                || budgetId.isPresent()
                || teamId.isPresent()
                || organizationId.isPresent();
    }

    /** Whether the change may ask for more of a throughput that is guaranteed. */
    boolean changesThroughput() {
        return tpmLimit.isPresent()
                || rpmLimit.isPresent()
                || modelTpmLimit.isPresent()
                || modelRpmLimit.isPresent()
                || metadata.isPresent()
                || budgetId.isPresent()
                || teamId.isPresent()
                || organizationId.isPresent()
                || LimitModes.THROUGHPUT.stream().anyMatch(others::containsKey);
    }

    /** Whether the key may come to have an alias among other keys than before. */
    boolean changesAlias() {
        return keyAlias.isPresent() || userId.isPresent() || teamId.isPresent() || organizationId.isPresent();
    }

    /** Whose the key is to be. A team that changes brings its own organization along, unless one is named. */
    KeyOwner ownerAfter(KeyOwner now) {
        var team = teamId.over(now.teamId());
        boolean moved = team != null && !team.equals(now.teamId());
        return new KeyOwner(
                userId.over(now.userId()),
                team,
                organizationId.over(moved ? null : now.organizationId()),
                budgetId.over(now.budgetId()));
    }

    /** Which fields are in the request, by their names on the wire. */
    Set<String> named() {
        return fields().keySet();
    }

    /** Fails with VALIDATION when there is a field that is not changed for a whole team, or none at all. */
    void requireOnlyTeamFields() {
        var named = new LinkedHashMap<String, Object>(others);
        named.putAll(fields());
        if (key != null) {
            named.put("key", key);
        }
        named.keySet().stream()
                .filter(name -> !OF_TEAM_KEYS.contains(name))
                .findFirst()
                .ifPresent(name -> {
                    throw Problem.of(ProblemCode.VALIDATION)
                            .param("update_fields." + name)
                            .detail(
                                    "update_fields.%s is not one of the fields that can be changed for many keys at once",
                                    name);
                });
        if (named.isEmpty()) {
            throw Problem.of(ProblemCode.VALIDATION)
                    .param("update_fields")
                    .detail("update_fields must name at least one field");
        }
    }

    private Map<String, Patch<?>> fields() {
        var fields = new LinkedHashMap<String, Patch<?>>();
        fields.put("key_alias", keyAlias);
        fields.put("duration", duration);
        fields.put("key_type", keyType);
        fields.put("models", models);
        fields.put("access_group_ids", accessGroupIds);
        fields.put("aliases", aliases);
        fields.put("metadata", metadata);
        fields.put("max_budget", maxBudget);
        fields.put("soft_budget", softBudget);
        fields.put("budget_duration", budgetDuration);
        fields.put("budget_id", budgetId);
        fields.put("user_id", userId);
        fields.put("team_id", teamId);
        fields.put("organization_id", organizationId);
        fields.put("max_parallel_requests", maxParallelRequests);
        fields.put("tpm_limit", tpmLimit);
        fields.put("rpm_limit", rpmLimit);
        fields.put("model_rpm_limit", modelRpmLimit);
        fields.put("model_tpm_limit", modelTpmLimit);
        fields.put("allowed_routes", allowedRoutes);
        fields.put("guardrails", guardrails);
        fields.put("tags", tags);
        fields.put("blocked", blocked);
        fields.put("object_permission", objectPermission);
        fields.put("temp_budget_increase", tempBudgetIncrease);
        fields.put("temp_budget_expiry", tempBudgetExpiry);
        fields.put("spend", spend);
        fields.values().removeIf(patch -> !patch.isPresent());
        return fields;
    }
}
