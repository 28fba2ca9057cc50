package io.tenantry.tenancy;

import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import io.smallrye.mutiny.Uni;
import io.tenantry.audit.AuditAction;
import io.tenantry.audit.AuditTrail;
import io.tenantry.core.NanoUsd;
import io.tenantry.core.Problem;
import io.tenantry.core.ProblemCode;
import io.tenantry.core.ResourceKind;
import io.tenantry.identity.Scope;
import io.tenantry.platform.change.Changes;
import io.tenantry.tenancy.BudgetDirectory.BudgetTerms;
import io.tenantry.tenancy.Enrolment.Person;
import jakarta.enterprise.context.ApplicationScoped;
import java.math.BigDecimal;
import java.util.List;
import java.util.Map;
import org.eclipse.microprofile.openapi.annotations.media.Schema;

/**
 * Forgiving a member what it has spent in its team in the current period. The ledger keeps its history, and what the team has spent stays spent; only what is
 * compared with the member's own cap changes.
 */
@ApplicationScoped
class TeamMemberSpend {

    private static final String RESET_TO = "reset_to";

    private final Changes changes;
    private final AuditTrail audit;
    private final TeamRepository teams;
    private final TeamRoster roster;
    private final BudgetDirectory budgets;
    private final SpendResets resets;

    TeamMemberSpend(
            Changes changes,
            AuditTrail audit,
            TeamRepository teams,
            TeamRoster roster,
            BudgetDirectory budgets,
            SpendResets resets) {
        this.changes = changes;
        this.audit = audit;
        this.teams = teams;
        this.roster = roster;
        this.budgets = budgets;
        this.resets = resets;
    }

    /** What a member's spend counts as now and what it counted as before, in US dollars. */
    @Schema(name = "MemberSpendView")
    @JsonNaming(PropertyNamingStrategies.SnakeCaseStrategy.class)
    public record Reset(
            String teamId, String userId, BigDecimal spend, BigDecimal previousSpend, BigDecimal maxBudget) {}

    /**
     * Makes the member's spend count as the target. Fails with NEGATIVE_LIMIT or INVALID_VALUE for a target that is above the spend or the cap, with
     * NOT_FOUND for who is no member, with FORBIDDEN for admins who mean themselves.
     */
    Uni<Reset> reset(Scope scope, String teamId, String userId, BigDecimal target) {
        LimitColumns.requireMoney(RESET_TO, target);
        return changes.inTransaction(
                () -> teams.require(scope, teamId).flatMap(team -> roster.lock(teamId, new Person(userId, null))
                        .invoke(membership -> requireAnother(scope, membership))
                        .flatMap(membership -> termsOf(team, membership)
                                .flatMap(terms -> reset(scope, team, membership, terms, target)))));
    }

    private static void requireAnother(Scope scope, TeamMembership membership) {
        if (!scope.boundary().everything()
                && membership.userId.equals(scope.caller().userId())) {
            throw Problem.of(ProblemCode.FORBIDDEN)
                    .param("user_id")
                    .detail("Not allowed: nobody forgives the own spend, ask another admin");
        }
    }

    /** Of the member's own budget or the team's default; null where neither is. */
    private Uni<BudgetTerms> termsOf(Team team, TeamMembership membership) {
        var id = membership.budgetId == null ? team.memberBudgetId : membership.budgetId;
        return id == null
                ? Uni.createFrom().nullItem()
                : budgets.byIds(List.of(id)).map(found -> found.get(id));
    }

    private Uni<Reset> reset(Scope scope, Team team, TeamMembership membership, BudgetTerms terms, BigDecimal target) {
        var cap = terms == null ? null : NanoUsd.usdOrNull(terms.limits().maxBudgetNano);
        if (cap != null && target.compareTo(cap) > 0) {
            throw above("max_budget of the member", cap);
        }
        var window = SpendLookup.Scope.of(membership.spendId(), terms).window();
        var wanted = NanoUsd.ofUsd(target);
        return resets.reset(
                        ResourceKind.TEAM_MEMBER,
                        membership.spendId(),
                        window,
                        wanted,
                        scope.caller().actor())
                .invoke(before -> requireLess(wanted, before))
                .call(before -> record(team, membership, before, wanted))
                .map(before -> new Reset(team.teamId, membership.userId, wanted.toUsd(), before.toUsd(), cap));
    }

    private static void requireLess(NanoUsd wanted, NanoUsd before) {
        if (wanted.compareTo(before) > 0) {
            throw above("current spend", before.toUsd());
        }
    }

    private static Problem above(String limit, BigDecimal usd) {
        return Problem.of(ProblemCode.INVALID_VALUE)
                .param(RESET_TO)
                .detail("%s must not be above the %s, which is %s", RESET_TO, limit, usd.toPlainString());
    }

    private Uni<Void> record(Team team, TeamMembership membership, NanoUsd before, NanoUsd after) {
        return before.equals(after)
                ? Uni.createFrom().voidItem()
                : audit.record(
                        AuditAction.UPDATED,
                        membership.ref(),
                        team.organizationId,
                        spent(membership, before),
                        spent(membership, after));
    }

    private static Map<String, Object> spent(TeamMembership membership, NanoUsd spend) {
        return Map.of("team_id", membership.teamId, "user_id", membership.userId, "spend", spend.toUsd());
    }
}
