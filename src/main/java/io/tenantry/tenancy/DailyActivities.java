package io.tenantry.tenancy;

import io.quarkus.hibernate.reactive.panache.Panache;
import io.smallrye.mutiny.Uni;
import io.tenantry.core.Problem;
import io.tenantry.core.ProblemCode;
import io.tenantry.core.ResourceKind;
import io.tenantry.identity.Scope;
import io.tenantry.tenancy.ActivityLookup.Of;
import io.tenantry.tenancy.ActivityLookup.Question;
import io.tenantry.tenancy.ActivityLookup.Reach;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.List;

/** What organizations and teams used day by day, as far as the caller may know. */
@ApplicationScoped
class DailyActivities {

    private final ActivityLookup lookup;

    DailyActivities(ActivityLookup lookup) {
        this.lookup = lookup;
    }

    /** Whether one page is asked for or all at once. */
    enum Extent {
        PAGE,
        WHOLE
    }

    /** Of organizations. Fails with FORBIDDEN for one that the caller is no admin of, whether or not it exists. */
    Uni<DailyActivityView> ofOrganizations(
            Scope scope, Extent extent, List<String> ids, List<String> excluded, ActivityQuery query) {
        var boundary = scope.boundary();
        ids.stream().filter(id -> !boundary.holdsOrganization(id)).findFirst().ifPresent(id -> {
            throw Problem.of(ProblemCode.FORBIDDEN)
                    .param("organization_ids")
                    .detail("Not allowed: you are no admin of organization '%s'", id);
        });
        var reach = new Reach(
                boundary.everything(), List.copyOf(boundary.organizations()), List.of(), List.of(), null, null);
        return view(extent, query.question(Of.ORGANIZATION, reach, ids, excluded));
    }

    /**
     * Of teams. In teams that the caller does not administer, only the own use is shown.
     *
     * @param all the teams whose whole use the caller may see
     */
    Uni<DailyActivityView> ofTeams(
            Scope scope, Scope all, Extent extent, List<String> ids, List<String> excluded, ActivityQuery query) {
        var caller = scope.caller();
        var reach = new Reach(
                all.boundary().everything(),
                List.copyOf(all.boundary().organizations()),
                List.copyOf(all.boundary().teams()),
                List.copyOf(scope.boundary().teams()),
                caller.userId(),
                caller.keyId());
        var question = query.question(Of.TEAM, reach, ids, excluded);
        return requireTeams(scope, ids).chain(() -> view(extent, question));
    }

    private static Uni<Void> requireTeams(Scope scope, List<String> ids) {
        if (ids.isEmpty() || scope.boundary().everything()) {
            return Uni.createFrom().voidItem();
        }
        return Panache.withSession(() -> Team.<Team>list("teamId in ?1", ids))
                .invoke(found -> ids.stream()
                        .filter(id -> found.stream()
                                .noneMatch(team -> team.teamId.equals(id)
                                        && scope.boundary().holdsTeam(team.teamId, team.organizationId)))
                        .findFirst()
                        .ifPresent(id -> {
                            throw Problem.notFound(ResourceKind.TEAM, id).param("team_ids");
                        }))
                .replaceWithVoid();
    }

    private Uni<DailyActivityView> view(Extent extent, Question question) {
        return extent == Extent.WHOLE
                ? WholeActivity.of(lookup, question)
                : lookup.page(question).map(page -> ActivitySums.view(question, page));
    }
}
