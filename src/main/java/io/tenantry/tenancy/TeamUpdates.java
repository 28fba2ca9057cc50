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
import io.tenantry.tenancy.TeamPlaces.Place;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Supplier;

/**
 * Changes of what a team is and may. The team is locked from reading it until the change is committed, so that two updates of different
 * fields both survive, and its organization before it, so that the team is never left with more than that.
 */
@ApplicationScoped
public class TeamUpdates {

    private final Changes changes;
    private final AuditTrail audit;
    private final TeamPlaces places;
    private final TeamRepository repository;
    private final TeamMoves moves;
    private final TeamGroups groups;
    private final ChildLimits children;
    private final Allocation allocation;
    private final Throughput throughput;
    private final OwnedPermissions permissions;
    private final BudgetDirectory budgets;
    private final OwnedBudgets ownedBudgets;

    TeamUpdates(
            Changes changes,
            AuditTrail audit,
            TeamPlaces places,
            TeamRepository repository,
            TeamMoves moves,
            TeamGroups groups,
            ChildLimits children,
            Allocation allocation,
            Throughput throughput,
            OwnedPermissions permissions,
            BudgetDirectory budgets,
            OwnedBudgets ownedBudgets) {
        this.changes = changes;
        this.audit = audit;
        this.places = places;
        this.repository = repository;
        this.moves = moves;
        this.groups = groups;
        this.children = children;
        this.allocation = allocation;
        this.throughput = throughput;
        this.permissions = permissions;
        this.budgets = budgets;
        this.ownedBudgets = ownedBudgets;
    }

    /**
     * Updates a team. Fails with NOT_FOUND outside the scope, also for a destination outside it; with PARENT_LIMIT_EXCEEDED where the team would
     * have more than its organization, or a key of it more than the team.
     */
    Uni<TeamFacts> update(Scope scope, String teamId, UpdateTeamRequest request, FoldedMetadata.Rule rule) {
        request.requireSupported();
        var memberDefaults = request.memberDefaults();
        boolean listed = request.models().isPresent() || request.groupsOrNull() != null;
        return changes.inTransaction(() -> ModelLists.hold(listed)
                .chain(() -> groups.hold(scope, request.groupsOrNull()))
                .chain(() -> places.lock(scope, teamId, request.organizationId()))
                .invoke(place ->
                        TeamGroups.requireMayAssign(scope, place.team().accessGroupIds, request.groupsOrNull()))
                .flatMap(place -> update(scope, place, request, rule, memberDefaults)));
    }

    private Uni<TeamFacts> update(
            Scope scope, Place place, UpdateTeamRequest request, FoldedMetadata.Rule rule, LimitPatch memberDefaults) {
        var before = Rates.of(place.team());
        return changed(scope, place, AuditAction.UPDATED, team -> request.applyTo(team, rule), () -> settle(
                        scope, place, request, memberDefaults)
                .chain(() -> requireThroughput(place, request, before)));
    }

    /** A guaranteed team within its organization, and the guaranteed keys within the team. */
    private Uni<Void> requireThroughput(Place place, UpdateTeamRequest request, Rates before) {
        var team = place.team();
        boolean changed = request.limits().isPresent() || place.moved() || !before.equals(Rates.of(team));
        return changed
                ? throughput.requireRoomForTeam(team).chain(() -> throughput.requireKeysFit(team, before))
                : Uni.createFrom().voidItem();
    }

    private Uni<Void> settle(Scope scope, Place place, UpdateTeamRequest request, LimitPatch memberDefaults) {
        return requireLimits(place, request)
                .chain(() -> place.moved()
                        ? moves.move(scope, place)
                        : Uni.createFrom().voidItem())
                .chain(() -> changeMemberDefaults(place.team(), memberDefaults))
                .chain(() -> permissions.change(
                        place.team().objectPermissionId,
                        request.objectPermission(),
                        id -> place.team().objectPermissionId = id));
    }

    /** A change that does not touch limits goes through also where they stopped fitting, such as by a change of a shared budget. */
    private Uni<Void> requireLimits(Place place, UpdateTeamRequest request) {
        var limits = request.limits().isPresent();
        if (limits || place.moved()) {
            place.parent().require(place.team());
        } else if (request.models().isPresent()) {
            place.parent().requireModels(place.team().models);
        }
        return (limits
                        ? children.requireKeysBelow(place.team(), place.team().limitsOrNone())
                        : Uni.createFrom().voidItem())
                .chain(() -> limits || place.moved()
                        ? allocation.requireRoomForTeam(place.parent(), place.team())
                        : Uni.createFrom().voidItem());
    }

    /** Makes, changes or takes away what a member without a budget of its own gets; nothing left means nothing limited. */
    private Uni<Void> changeMemberDefaults(Team team, LimitPatch patch) {
        if (!patch.isPresent()) {
            return Uni.createFrom().voidItem();
        }
        return team.memberBudgetId == null
                ? makeMemberDefaults(team, patch)
                : changeMemberDefaults(team, team.memberBudgetId, patch);
    }

    private Uni<Void> makeMemberDefaults(Team team, LimitPatch patch) {
        var limits = patch.over(new LimitColumns());
        return limits.isEmpty()
                ? Uni.createFrom().voidItem()
                : budgets.createFor(Owner.teamMemberDefault(team.teamId), limits, team.updatedBy)
                        .invoke(terms -> team.memberBudgetId = terms.budgetId())
                        .replaceWithVoid();
    }

    private Uni<Void> changeMemberDefaults(Team team, String budgetId, LimitPatch patch) {
        return ownedBudgets.lock(budgetId).flatMap(held -> {
            var limits = patch.over(held.terms().limits());
            if (!limits.isEmpty()) {
                return ownedBudgets.change(budgetId, limits, team.updatedBy).replaceWithVoid();
            }
            team.memberBudgetId = null;
            return flush().chain(() -> ownedBudgets.deleteOf(Owner.TEAM_MEMBER_DEFAULT, List.of(team.teamId)));
        });
    }

    /** Makes a team's keys unusable, or usable again; recorded only where that is a change. */
    Uni<TeamFacts> block(Scope scope, String teamId, boolean blocked) {
        var action = blocked ? AuditAction.BLOCKED : AuditAction.UNBLOCKED;
        return changes.inTransaction(() -> places.lock(scope, teamId)
                .flatMap(place -> place.team().blocked == blocked
                        ? repository.facts(List.of(place.team()))
                        : changed(scope, place, action, team -> team.blocked = blocked)));
    }

    /** What the team lets its plain members do. */
    Uni<TeamFacts> permit(Scope scope, String teamId, List<String> memberPermissions) {
        var known = MemberPermissions.known(memberPermissions);
        return changes.inTransaction(() -> places.lock(scope, teamId)
                .flatMap(place -> changed(scope, place, AuditAction.UPDATED, team -> team.memberPermissions = known)));
    }

    /**
     * Adds models. A team that was not restricted stays so: the entry that says it is added with them. One that had all models of its organization has
     * these already.
     */
    Uni<TeamFacts> addModels(Scope scope, String teamId, List<String> models) {
        return changeModels(scope, teamId, place -> {
            place.parent().requireModels(models);
            var team = place.team();
            if (team.models.isEmpty() && place.parent().restrictsModels()) {
                return;
            }
            var all = new LinkedHashSet<>(team.models.isEmpty() ? List.of(ParentLimits.ALL_MODELS) : team.models);
            all.remove(ParentLimits.NO_MODELS);
            all.addAll(models);
            team.models = List.copyOf(all);
        });
    }

    /** Takes models away. Fails with INVALID_VALUE where none would be left: an empty list does not restrict at all. */
    Uni<TeamFacts> removeModels(Scope scope, String teamId, List<String> models) {
        return changeModels(scope, teamId, place -> {
            var team = place.team();
            var left = new ArrayList<>(team.models);
            left.removeAll(models);
            if (left.isEmpty() && !team.models.isEmpty()) {
                throw Problem.of(ProblemCode.INVALID_VALUE)
                        .param("models")
                        .detail(
                                "These are all models of team '%s', and a team without a list may use every model: block the team, or send models: [] to /team/update",
                                teamId);
            }
            team.models = List.copyOf(left);
        });
    }

    private Uni<TeamFacts> changeModels(Scope scope, String teamId, Consumer<Place> change) {
        return changes.inTransaction(() -> ModelLists.hold(true)
                .chain(() -> places.lock(scope, teamId))
                .flatMap(place ->
                        changed(scope, place, AuditAction.UPDATED, team -> change.accept(place), () -> Uni.createFrom()
                                .voidItem())));
    }

    private Uni<TeamFacts> changed(Scope scope, Place place, AuditAction action, Consumer<Team> change) {
        return changed(scope, place, action, change, () -> Uni.createFrom().voidItem());
    }

    private Uni<TeamFacts> changed(
            Scope scope, Place place, AuditAction action, Consumer<Team> change, Supplier<Uni<Void>> rest) {
        var team = place.team();
        return view(team).flatMap(before -> {
            change.accept(team);
            team.updatedBy = scope.caller().actor();
            return rest.get()
                    .chain(() -> readBack(team))
                    .chain(() -> repository.facts(List.of(team)))
                    .call(facts -> audit.record(
                            action,
                            team.ref(),
                            team.organizationId,
                            before,
                            facts.view(team, TeamSpend.NONE.of(team))));
        });
    }

    private Uni<TeamView> view(Team team) {
        return repository.facts(List.of(team)).map(facts -> facts.view(team, TeamSpend.NONE.of(team)));
    }

    private static Uni<Void> readBack(Team team) {
        return Panache.getSession().flatMap(session -> session.flush().chain(() -> session.refresh(team)));
    }

    private static Uni<Void> flush() {
        return Panache.getSession().flatMap(session -> session.flush());
    }
}
