package io.tenantry.tenancy;

import io.tenantry.core.NanoUsd;
import io.tenantry.core.Problem;
import io.tenantry.core.ProblemCode;
import io.tenantry.tenancy.BudgetDirectory.BudgetTerms;
import java.util.List;

/** What an organization leaves to each of its teams. Every limit is compared by itself; sums are the matter of {@link Allocation}. */
record ParentLimits(Organization organization, LimitColumns limits) {

    /** Organizations whose list has this entry do not restrict models. */
    static final String ALL_MODELS = "all-proxy-models";

    /** The entry that stands for no model at all: it is within every list. */
    static final String NO_MODELS = "no-default-models";

    /** Of a team without an organization. */
    static final ParentLimits NONE = new ParentLimits(null, new LimitColumns());

    static ParentLimits of(Organization organization, BudgetTerms terms) {
        return new ParentLimits(organization, terms.limits());
    }

    /** Fails with PARENT_LIMIT_EXCEEDED naming the field in which the team would have more than its organization. */
    void require(Team team) {
        if (organization == null) {
            return;
        }
        var own = team.limitsOrNone();
        requireMoney("max_budget", own.maxBudgetNano, limits.maxBudgetNano);
        requireNoMore("tpm_limit", own.tpmLimit, limits.tpmLimit);
        requireNoMore("rpm_limit", own.rpmLimit, limits.rpmLimit);
        requireNoMore("max_parallel_requests", own.maxParallelRequests, limits.maxParallelRequests);
        requireModels(team.models);
    }

    private void requireMoney(String field, Long own, Long parent) {
        if (own != null && parent != null && own > parent) {
            throw exceeded(field, new NanoUsd(own), new NanoUsd(parent));
        }
    }

    private void requireNoMore(String field, Number own, Number parent) {
        if (own != null && parent != null && own.longValue() > parent.longValue()) {
            throw exceeded(field, own, parent);
        }
    }

    /** Whether teams may name some models only. */
    boolean restrictsModels() {
        return organization != null && !organization.models.isEmpty() && !organization.models.contains(ALL_MODELS);
    }

    /** Fails with PARENT_LIMIT_EXCEEDED naming the first model that the organization does not have. */
    void requireModels(List<String> models) {
        if (!restrictsModels()) {
            return;
        }
        for (var model : models) {
            if (!model.equals(NO_MODELS) && !organization.models.contains(model)) {
                throw Problem.of(ProblemCode.PARENT_LIMIT_EXCEEDED)
                        .param("models")
                        .detail("Model '%s' is not among the models of organization '%s'", model, organizationId());
            }
        }
    }

    private Problem exceeded(String field, Object own, Object parent) {
        return Problem.of(ProblemCode.PARENT_LIMIT_EXCEEDED)
                .param(field)
                .detail("%s %s is above that of organization '%s', which is %s", field, own, organizationId(), parent);
    }

    private String organizationId() {
        return organization.organizationId;
    }
}
