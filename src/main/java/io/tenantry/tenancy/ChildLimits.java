package io.tenantry.tenancy;

import io.quarkus.hibernate.reactive.panache.Panache;
import io.smallrye.mutiny.Uni;
import io.tenantry.core.NanoUsd;
import io.tenantry.core.Problem;
import io.tenantry.core.ProblemCode;
import io.tenantry.tenancy.OwnedKeys.Above;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.Objects;
import java.util.stream.Stream;

/** Keeps a parent from being lowered below one of its children: fails naming the child, which has to be lowered first. */
@ApplicationScoped
class ChildLimits {

    private static final String TEAM_ABOVE = """
            select t.* from team t
            where t.organization_id = :organization
              and (t.max_budget_nano > cast(:max as bigint) or t.tpm_limit > cast(:tpm as bigint) or t.rpm_limit > cast(:rpm as bigint)
                   or t.max_parallel_requests > cast(:parallel as integer) or (:restricted and not t.models <@ cast(:models as text[])))
            order by t.team_id limit 1""";

    private final OwnedKeys keys;

    ChildLimits(OwnedKeys keys) {
        this.keys = keys;
    }

    /** Fails with PARENT_LIMIT_EXCEEDED when a team or key has more than the organization shall have. */
    Uni<Void> requireBelow(ParentLimits parent) {
        var organization = parent.organization();
        return teamAbove(parent)
                .invoke(team -> requireNone(parent, team))
                .chain(() -> keys.aboveInOrganization(organization.organizationId, parent.limits()))
                .invoke(above -> above.ifPresent(key -> {
                    throw exceeded("organization", organization.organizationId, key);
                }))
                .replaceWithVoid();
    }

    private static Uni<Team> teamAbove(ParentLimits parent) {
        var limits = parent.limits();
        var organization = parent.organization();
        return Panache.getSession().flatMap(session -> session.createNativeQuery(TEAM_ABOVE, Team.class)
                .setParameter("organization", organization.organizationId)
                .setParameter("max", limits.maxBudgetNano)
                .setParameter("tpm", limits.tpmLimit)
                .setParameter("rpm", limits.rpmLimit)
                .setParameter("parallel", limits.maxParallelRequests)
                .setParameter("restricted", parent.restrictsModels())
                .setParameter(
                        "models",
                        Stream.concat(organization.models.stream(), Stream.of(ParentLimits.NO_MODELS))
                                .toArray(String[]::new))
                .getSingleResultOrNull());
    }

    private static void requireNone(ParentLimits parent, Team team) {
        if (team == null) {
            return;
        }
        var own = team.limitsOrNone();
        var limits = parent.limits();
        var organization = parent.organization().organizationId;
        require(organization, team, "max_budget", own.maxBudgetNano, limits.maxBudgetNano);
        require(organization, team, "tpm_limit", own.tpmLimit, limits.tpmLimit);
        require(organization, team, "rpm_limit", own.rpmLimit, limits.rpmLimit);
        require(organization, team, "max_parallel_requests", own.maxParallelRequests, limits.maxParallelRequests);
        throw Problem.of(ProblemCode.PARENT_LIMIT_EXCEEDED)
                .param("models")
                .detail(
                        "Team '%s' of organization '%s' has models that are not among these: take them from the team first",
                        team.teamId, organization);
    }

    private static void require(String organization, Team team, String field, Number own, Number limit) {
        if (own == null || limit == null || own.longValue() <= limit.longValue()) {
            return;
        }
        var value = field.equals("max_budget") ? new NanoUsd(own.longValue()).toString() : Objects.toString(own);
        throw lowerFirst("organization", organization, field, "team", team.teamId, value);
    }

    /** Fails with PARENT_LIMIT_EXCEEDED when a key of the team has more than these limits leave. */
    Uni<Void> requireKeysBelow(Team team, LimitColumns ceiling) {
        return keys.aboveInTeam(team.teamId, ceiling)
                .invoke(above -> above.ifPresent(key -> {
                    throw exceeded("team", team.teamId, key);
                }))
                .replaceWithVoid();
    }

    private static Problem exceeded(String label, String id, Above key) {
        return lowerFirst(label, id, key.field(), "key", key.name(), key.value());
    }

    private static Problem lowerFirst(String label, String id, String field, String kind, String name, String value) {
        return Problem.of(ProblemCode.PARENT_LIMIT_EXCEEDED)
                .param(field)
                .detail(
                        "%s of %s '%s' would be below the %s of its %s '%s': lower that first",
                        field, label, id, value, kind, name);
    }
}
