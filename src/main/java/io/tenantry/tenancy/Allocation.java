package io.tenantry.tenancy;

import io.quarkus.hibernate.reactive.panache.Panache;
import io.smallrye.mutiny.Uni;
import io.tenantry.core.BudgetPeriod;
import io.tenantry.core.NanoUsd;
import io.tenantry.core.Problem;
import io.tenantry.core.ProblemCode;
import io.tenantry.core.Saturating;
import io.tenantry.tenancy.OwnedKeys.Allocated;
import jakarta.enterprise.context.ApplicationScoped;

/**
 * Strict allocation, a switch of an organization: the caps of its teams and of its keys without a team stay within its own cap together,
 * and the caps of a team's keys within the team's. A child needs a cap then, and one that is counted in the parent's period or for ever:
 * otherwise the sum would not bound what is spent. Each call runs in a transaction that has locked the parent exclusively.
 */
@ApplicationScoped
public class Allocation {

    private static final String TEAMS = """
            select least(coalesce(sum(max_budget_nano), 0), 9223372036854775807)::bigint,
                   min(team_id) filter (where max_budget_nano is null
                                           or (budget_duration is not null and budget_duration <> all(cast(:periods as text[]))))
            from team where organization_id = :organization and (cast(:except as text) is null or team_id <> :except)""";

    private static final String LOCK_TEAM = """
            select max_budget_nano, budget_duration, organization_id from team where team_id = :id for no key update""";

    private static final String LOCK_ORGANIZATION = """
            select b.max_budget_nano, b.budget_duration from organization o join budget b using (budget_id)
            where o.organization_id = :id for no key update of o""";

    private static final String IS_STRICT = """
            select o.strict_allocation from organization o
            where o.organization_id = coalesce((select t.organization_id from team t where t.team_id = :team), :organization)""";

    private final OwnedKeys keys;

    Allocation(OwnedKeys keys) {
        this.keys = keys;
    }

    /** What a parent hands out. A null cap hands out nothing that could be exceeded. */
    private record Purse(String label, String id, Long capNano, String period) {

        void requireBounded(String child, Long childCap, String childPeriod) {
            if (childCap == null) {
                throw Problem.of(ProblemCode.PARENT_LIMIT_EXCEEDED)
                        .param("max_budget")
                        .detail(
                                "%s '%s' hands out its budget exactly (strict_allocation): give %s a max_budget",
                                label, id, child);
            }
            if (childPeriod != null && !BudgetPeriod.spellings(period).contains(childPeriod)) {
                throw Problem.of(ProblemCode.PARENT_LIMIT_EXCEEDED)
                        .param("budget_duration")
                        .detail(
                                "%s '%s' hands out its budget exactly (strict_allocation): give %s its budget_duration, which is %s, or none",
                                label, id, child, period == null ? "none" : "'" + period + "'");
            }
        }

        void requireRoom(String child, long childCap, long others) {
            if (childCap > capNano - others) {
                throw Problem.of(ProblemCode.PARENT_LIMIT_EXCEEDED)
                        .param("max_budget")
                        .detail(
                                "max_budget %s of %s is more than the %s that %s '%s' has left of its %s: lower it, lower another's, or raise that of %s '%s'",
                                new NanoUsd(childCap),
                                child,
                                new NanoUsd(Math.max(0, capNano - others)),
                                label,
                                id,
                                new NanoUsd(capNano),
                                label,
                                id);
            }
        }

        void requireFits(Allocated children) {
            if (children.open() != null) {
                throw Problem.of(ProblemCode.PARENT_LIMIT_EXCEEDED)
                        .param("strict_allocation")
                        .detail(
                                "'%s' in %s '%s' has no max_budget or another budget_duration: give it a max_budget and the budget_duration of its parent (or none) first",
                                children.open(), label, id);
            }
            if (children.nano() > capNano) {
                throw Problem.of(ProblemCode.PARENT_LIMIT_EXCEEDED)
                        .param("max_budget")
                        .detail(
                                "max_budget %s of %s '%s' is less than the %s that it has handed out (strict_allocation): lower a child's first",
                                new NanoUsd(capNano), label, id, new NanoUsd(children.nano()));
            }
        }
    }

    private static Purse purse(ParentLimits parent) {
        return new Purse(
                "organization",
                parent.organization().organizationId,
                parent.limits().maxBudgetNano,
                parent.limits().budgetDuration);
    }

    private static Purse purse(Team team) {
        var limits = team.limitsOrNone();
        return new Purse("team", team.teamId, limits.maxBudgetNano, limits.budgetDuration);
    }

    /** Fails with PARENT_LIMIT_EXCEEDED where the team, as it shall be, would not fit beside the others, or its keys not into it. */
    Uni<Void> requireRoomForTeam(ParentLimits parent, Team team) {
        if (parent.organization() == null || !parent.organization().strictAllocation) {
            return Uni.createFrom().voidItem();
        }
        return requireFitsInto(purse(parent), team).chain(() -> requireKeysFit(team));
    }

    private Uni<Void> requireFitsInto(Purse purse, Team team) {
        if (purse.capNano() == null) {
            return Uni.createFrom().voidItem();
        }
        var child = "team '" + team.teamId + "'";
        var limits = team.limitsOrNone();
        purse.requireBounded(child, limits.maxBudgetNano, limits.budgetDuration);
        return teams(purse, team.teamId)
                .flatMap(teams -> keys.allocatedInOrganization(purse.id(), purse.period(), null)
                        .invoke(ofKeys -> purse.requireRoom(
                                child, limits.maxBudgetNano, Saturating.add(teams.nano(), ofKeys.nano()))))
                .replaceWithVoid();
    }

    private Uni<Void> requireKeysFit(Team team) {
        var purse = purse(team);
        return purse.capNano() == null
                ? Uni.createFrom().voidItem()
                : keys.allocatedInTeam(team.teamId, purse.period(), null)
                        .invoke(purse::requireFits)
                        .replaceWithVoid();
    }

    /** Fails with PARENT_LIMIT_EXCEEDED where the organization, as it shall be, has handed out more than it has. */
    Uni<Void> requireAllFit(ParentLimits parent) {
        if (!parent.organization().strictAllocation) {
            return Uni.createFrom().voidItem();
        }
        var purse = purse(parent);
        return requireOwnFit(purse)
                .chain(() -> Team.<Team>list("organizationId = ?1 and limits.maxBudgetNano is not null", purse.id()))
                .flatMap(teams -> InTurn.collect(teams, this::requireKeysFit))
                .replaceWithVoid();
    }

    private Uni<Void> requireOwnFit(Purse purse) {
        if (purse.capNano() == null) {
            return Uni.createFrom().voidItem();
        }
        return teams(purse, null)
                .flatMap(teams -> keys.allocatedInOrganization(purse.id(), purse.period(), null)
                        .map(ofKeys -> new Allocated(
                                Saturating.add(teams.nano(), ofKeys.nano()),
                                teams.open() == null ? ofKeys.open() : teams.open())))
                .invoke(purse::requireFits)
                .replaceWithVoid();
    }

    private static Uni<Allocated> teams(Purse purse, String exceptTeam) {
        return Panache.getSession()
                .flatMap(session -> session.createNativeQuery(TEAMS, Object[].class)
                        .setParameter("periods", TeamRepository.texts(BudgetPeriod.spellings(purse.period())))
                        .setParameter("organization", purse.id())
                        .setParameter("except", exceptTeam)
                        .getSingleResult())
                .map(row -> new Allocated(((Number) row[0]).longValue(), (String) row[1]));
    }

    /**
     * For a key that is made or changed, in the same transaction and before the key itself is locked: where its organization is strict, locks the
     * team, or else the organization, and fails with PARENT_LIMIT_EXCEEDED when the key would not fit beside the others.
     *
     * @param teamId         null for a key without a team
     * @param organizationId the organization of a key without a team; null for none
     * @param keyId          the key, which is left out of the sum of the others
     * @param limits         what the key shall have, that of a linked budget where it leaves a field open
     */
    public Uni<Void> requireRoomForKey(String teamId, String organizationId, String keyId, LimitColumns limits) {
        if (teamId == null && organizationId == null) {
            return Uni.createFrom().voidItem();
        }
        return isStrict(teamId, organizationId)
                .flatMap(strict -> !strict
                        ? Uni.createFrom().voidItem()
                        : teamId == null
                                ? roomInOrganization(organizationId, keyId, limits)
                                : roomInTeam(teamId, keyId, limits));
    }

    private static Uni<Boolean> isStrict(String teamId, String organizationId) {
        return Panache.getSession()
                .flatMap(session -> session.createNativeQuery(IS_STRICT, Boolean.class)
                        .setParameter("team", teamId)
                        .setParameter("organization", organizationId)
                        .getSingleResultOrNull())
                .map(Boolean.TRUE::equals);
    }

    private Uni<Void> roomInTeam(String teamId, String keyId, LimitColumns limits) {
        return lock(LOCK_TEAM, teamId, "team")
                .flatMap(purse -> requireKeyFits(purse, limits, keys.allocatedInTeam(teamId, purse.period(), keyId)));
    }

    private Uni<Void> roomInOrganization(String organizationId, String keyId, LimitColumns limits) {
        return lock(LOCK_ORGANIZATION, organizationId, "organization")
                .flatMap(purse ->
                        requireKeyFits(purse, limits, teams(purse, null).flatMap(teams -> keys.allocatedInOrganization(
                                        organizationId, purse.period(), keyId)
                                .map(others -> new Allocated(Saturating.add(teams.nano(), others.nano()), null)))));
    }

    private static Uni<Void> requireKeyFits(Purse purse, LimitColumns limits, Uni<Allocated> others) {
        if (purse.capNano() == null) {
            return Uni.createFrom().voidItem();
        }
        purse.requireBounded("the key", limits.maxBudgetNano, limits.budgetDuration);
        return others.invoke(sum -> purse.requireRoom("the key", limits.maxBudgetNano, sum.nano()))
                .replaceWithVoid();
    }

    private static Uni<Purse> lock(String statement, String id, String label) {
        return Panache.getSession()
                .flatMap(session -> session.createNativeQuery(statement, Object[].class)
                        .setParameter("id", id)
                        .getSingleResultOrNull())
                .onItem()
                .ifNull()
                .failWith(() -> Problem.of(ProblemCode.CONFLICT))
                .map(row ->
                        new Purse(label, id, row[0] == null ? null : ((Number) row[0]).longValue(), (String) row[1]));
    }
}
