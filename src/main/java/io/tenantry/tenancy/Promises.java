package io.tenantry.tenancy;

import io.quarkus.hibernate.reactive.panache.Panache;
import io.smallrye.mutiny.Uni;
import io.tenantry.core.BudgetPeriod;
import io.tenantry.tenancy.OwnedKeys.Promised;
import jakarta.enterprise.context.ApplicationScoped;

/**
 * What a parent has promised to its children, whether or not it hands out its budget exactly: to an organization's teams and its keys without a
 * team, to a team's keys. One sum for each kind of child, over the children of one parent, in the caller's session.
 */
@ApplicationScoped
class Promises {

    private static final String TO_TEAMS = """
            select least(coalesce(sum(max_budget_nano) filter (where bounded), 0), 9223372036854775807)::bigint,
                   count(*), count(*) filter (where not bounded)
            from (select max_budget_nano, max_budget_nano is not null
                         and (budget_duration is null or budget_duration = any(cast(:periods as text[]))) as bounded
                  from team where organization_id = :organization) t""";

    private final OwnedKeys keys;

    Promises(OwnedKeys keys) {
        this.keys = keys;
    }

    Uni<Promised> of(Organization organization, LimitColumns limits) {
        return toTeams(organization.organizationId, limits.budgetDuration)
                .flatMap(teams -> keys.promisedInOrganization(organization.organizationId, limits.budgetDuration)
                        .map(teams::plus));
    }

    Uni<Promised> of(Team team) {
        return keys.promisedInTeam(team.teamId, team.limitsOrNone().budgetDuration);
    }

    private static Uni<Promised> toTeams(String organizationId, String period) {
        return Panache.getSession()
                .flatMap(session -> session.createNativeQuery(TO_TEAMS, Object[].class)
                        .setParameter("periods", TeamRepository.texts(BudgetPeriod.spellings(period)))
                        .setParameter("organization", organizationId)
                        .getSingleResult())
                .map(Promised::of);
    }
}
