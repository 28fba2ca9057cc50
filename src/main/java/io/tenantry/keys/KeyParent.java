package io.tenantry.keys;

import io.tenantry.access.ModelList;
import io.tenantry.core.NanoUsd;
import io.tenantry.core.Problem;
import io.tenantry.core.ProblemCode;
import io.tenantry.tenancy.LimitColumns;
import java.util.List;

/**
 * A user, team or organization as the ceiling of its keys. What a key leaves open is left to the parent when a request is decided, so only
 * what it names is compared.
 *
 * @param label          the word for messages
 * @param organizationId a team's organization
 * @param permissionId   a team's or organization's object permission
 * @param accessGroupIds the model access groups that a team has
 */
record KeyParent(
        String label,
        String id,
        String organizationId,
        String permissionId,
        List<String> models,
        List<String> accessGroupIds,
        Long maxBudgetNano,
        Long tpmLimit,
        Long rpmLimit,
        Long maxParallelRequests) {

    /** Fails with PARENT_LIMIT_EXCEEDED naming the first field by which the key would have more. */
    void requireAtLeast(List<String> keyModels, LimitColumns limits) {
        keyModels.forEach(this::requireModel);
        requireAtLeast("tpm_limit", limits.tpmLimit, tpmLimit);
        requireAtLeast("rpm_limit", limits.rpmLimit, rpmLimit);
        requireAtLeast(
                "max_parallel_requests",
                limits.maxParallelRequests == null ? null : limits.maxParallelRequests.longValue(),
                maxParallelRequests);
        if (exceeds(limits.maxBudgetNano, maxBudgetNano)) {
            throw exceeded("max_budget")
                    .detail(
                            "max_budget=%s of the key is more than the max_budget=%s of its %s",
                            NanoUsd.usdOrNull(limits.maxBudgetNano).toPlainString(),
                            NanoUsd.usdOrNull(maxBudgetNano).toPlainString(),
                            label);
        }
    }

    /** Fails with PARENT_LIMIT_EXCEEDED when an alias would lead to a model that the parent does not have. */
    void requireTargets(List<String> models) {
        for (var model : models) {
            if (!ModelList.of(this.models).allows(model, model)) {
                throw exceeded("aliases")
                        .detail("aliases of the key lead to '%s', which its %s does not have", model, label);
            }
        }
    }

    private void requireModel(String model) {
        if (!model.equals(ModelList.ALL_TEAM_MODELS) && !ModelList.of(models).allows(model, model)) {
            throw exceeded("models").detail("models of the key name '%s', which its %s does not have", model, label);
        }
    }

    private void requireAtLeast(String field, Long asked, Long own) {
        if (exceeds(asked, own)) {
            throw exceeded(field)
                    .detail("%s=%d of the key is more than the %s=%d of its %s", field, asked, field, own, label);
        }
    }

    private static boolean exceeds(Long asked, Long own) {
        return asked != null && own != null && asked > own;
    }

    private static Problem exceeded(String field) {
        return Problem.of(ProblemCode.PARENT_LIMIT_EXCEEDED).param(field);
    }
}
