package io.tenantry.tenancy;

import io.quarkus.hibernate.reactive.panache.Panache;
import io.smallrye.mutiny.Uni;
import io.tenantry.audit.AuditAction;
import io.tenantry.audit.AuditTrail;
import io.tenantry.core.Problem;
import io.tenantry.core.ProblemCode;
import io.tenantry.identity.Scope;
import io.tenantry.platform.change.Changes;
import io.tenantry.tenancy.BudgetDirectory.Owner;
import io.tenantry.tenancy.Enrolment.Person;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Instant;
import java.util.List;
import java.util.function.Supplier;

/**
 * Changes of what a member is and may in a team. Limits of its own make it independent of the team's default; when the last of them is
 * cleared, it follows the default again.
 */
@ApplicationScoped
class TeamMemberUpdates {

    private final Changes changes;
    private final AuditTrail audit;
    private final TeamRepository repository;
    private final TeamRoster roster;
    private final BudgetDirectory budgets;
    private final MemberDefaults defaults;
    private final OwnedBudgets ownedBudgets;

    TeamMemberUpdates(
            Changes changes,
            AuditTrail audit,
            TeamRepository repository,
            TeamRoster roster,
            BudgetDirectory budgets,
            MemberDefaults defaults,
            OwnedBudgets ownedBudgets) {
        this.changes = changes;
        this.audit = audit;
        this.repository = repository;
        this.roster = roster;
        this.budgets = budgets;
        this.defaults = defaults;
        this.ownedBudgets = ownedBudgets;
    }

    /** Updates a member. Fails with NOT_FOUND for who is no member. */
    Uni<TeamMemberView> update(Scope scope, UpdateTeamMemberRequest request) {
        var limits = request.limits();
        var increase = request.temporaryIncrease(Instant.now());
        return changes.inTransaction(() -> ModelLists.hold(
                        request.allowedModels().isPresent())
                .chain(() -> repository.require(scope, request.teamId()))
                .flatMap(team -> roster.lock(team.teamId, request.person())
                        .flatMap(membership -> changed(team, membership, () -> {
                            membership.role = request.role() == null ? membership.role : request.role();
                            request.allowedModels()
                                    .ifPresent(models -> membership.models = models == null ? List.of() : models);
                            return (limits.isPresent()
                                            ? changeLimits(scope, team, membership, limits)
                                            : Uni.createFrom().voidItem())
                                    .chain(() -> setIncrease(team, membership, increase));
                        }))));
    }

    /** Fails with BUDGET_CONFLICT where there is no cap to add to, neither the member's own nor the team's default. */
    private Uni<Void> setIncrease(Team team, TeamMembership membership, TemporaryIncrease increase) {
        if (increase == null) {
            return Uni.createFrom().voidItem();
        }
        membership.tempBudgetIncreaseNano = increase.nano();
        membership.tempBudgetExpiresAt = increase.until();
        var budgetId = membership.budgetId == null ? team.memberBudgetId : membership.budgetId;
        return increase.nano() == null
                ? Uni.createFrom().voidItem()
                : budgets.byIds(budgetId == null ? List.of() : List.of(budgetId))
                        .invoke(found -> {
                            if (budgetId == null || found.get(budgetId).limits().maxBudgetNano == null) {
                                throw Problem.of(ProblemCode.BUDGET_CONFLICT)
                                        .param("temp_budget_increase")
                                        .detail(
                                                "temp_budget_increase needs a max_budget_in_team to add to: the member has none, so it is not limited");
                            }
                        })
                        .replaceWithVoid();
    }

    /** @param previousBudgetId null where the member had none of its own */
    record Reset(TeamMembership membership, String previousBudgetId, String budgetId) {

        String source() {
            return budgetId == null ? "none" : "team_default";
        }
    }

    /** Lets a member follow the team's default again. */
    Uni<Reset> resetBudget(Scope scope, String teamId, String userId) {
        return changes.inTransaction(
                () -> repository.require(scope, teamId).flatMap(team -> roster.lock(teamId, new Person(userId, null))
                        .flatMap(membership -> {
                            var before = membership.budgetId;
                            return changed(team, membership, () -> {
                                        membership.tempBudgetIncreaseNano = null;
                                        membership.tempBudgetExpiresAt = null;
                                        return before == null ? Uni.createFrom().voidItem() : dropOwn(membership);
                                    })
                                    .replaceWith(() -> new Reset(membership, before, team.memberBudgetId));
                        })));
    }

    private Uni<TeamMemberView> changed(Team team, TeamMembership membership, Supplier<Uni<Void>> change) {
        return view(team, membership).flatMap(before -> change.get()
                .chain(TeamMemberUpdates::flush)
                .chain(() -> view(team, membership))
                .call(after ->
                        audit.record(AuditAction.UPDATED, membership.ref(), team.organizationId, before, after)));
    }

    private Uni<Void> changeLimits(Scope scope, Team team, TeamMembership membership, LimitPatch patch) {
        return membership.budgetId == null
                ? makeOwn(scope, team, membership, patch)
                : changeOwn(scope, membership, patch);
    }

    /** The default's limits are the start of the member's own. */
    private Uni<Void> makeOwn(Scope scope, Team team, TeamMembership membership, LimitPatch patch) {
        return defaults.of(team)
                .map(patch::over)
                .flatMap(limits -> limits.isEmpty()
                        ? Uni.createFrom().voidItem()
                        : budgets.createFor(
                                        Owner.teamMember(team.teamId, membership.userId),
                                        limits,
                                        scope.caller().actor())
                                .invoke(terms -> membership.budgetId = terms.budgetId())
                                .replaceWithVoid());
    }

    private Uni<Void> changeOwn(Scope scope, TeamMembership membership, LimitPatch patch) {
        return ownedBudgets.lock(membership.budgetId).flatMap(held -> {
            var limits = patch.over(held.terms().limits());
            return limits.isEmpty()
                    ? dropOwn(membership)
                    : ownedBudgets
                            .change(membership.budgetId, limits, scope.caller().actor())
                            .replaceWithVoid();
        });
    }

    private Uni<Void> dropOwn(TeamMembership membership) {
        membership.budgetId = null;
        return flush().chain(() -> ownedBudgets.deleteOf(
                membership.ref().kind().label, List.of(membership.ref().id())));
    }

    private Uni<TeamMemberView> view(Team team, TeamMembership membership) {
        var budgetId = membership.budgetId == null ? team.memberBudgetId : membership.budgetId;
        return User.<User>findById(membership.userId)
                .flatMap(user -> budgets.byIds(budgetId == null ? List.of() : List.of(budgetId))
                        .map(found -> TeamMemberView.of(
                                membership, user.userEmail, budgetId == null ? null : found.get(budgetId))));
    }

    private static Uni<Void> flush() {
        return Panache.getSession().flatMap(session -> session.flush());
    }
}
