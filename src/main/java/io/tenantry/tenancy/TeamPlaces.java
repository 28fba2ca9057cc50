package io.tenantry.tenancy;

import io.quarkus.hibernate.reactive.panache.Panache;
import io.smallrye.mutiny.Uni;
import io.tenantry.core.Patch;
import io.tenantry.core.Problem;
import io.tenantry.core.ProblemCode;
import io.tenantry.core.ResourceKind;
import io.tenantry.identity.Scope;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.persistence.LockModeType;
import java.util.Collection;
import java.util.List;
import java.util.Objects;

/** Locks teams that are about to change, after the organizations that they are, or shall be, in: always in this order. */
@ApplicationScoped
class TeamPlaces {

    /** The organization of a team, read without the team: an object that is read before it is locked may be outdated. */
    private static final String ORGANIZATION = "select coalesce(organization_id, '') from team where team_id = :id";

    // Hibernate's own lock lets others go on referring to the row, such as by a new member.
    private static final String LOCK_ALL =
            "select * from team where team_id = any(cast(:teams as text[])) order by team_id for update";

    private static final String LOCK_ALL_OF =
            "select * from team where organization_id = any(cast(:organizations as text[])) order by team_id for update";

    private final Parents parents;

    TeamPlaces(Parents parents) {
        this.parents = parents;
    }

    /**
     * A locked team and what its organization leaves to it.
     *
     * @param parent the organization it shall be in
     * @param moved  whether that is another one than now
     */
    record Place(Team team, ParentLimits parent, boolean moved) {}

    /** The team where it is; fails with NOT_FOUND outside the scope. */
    Uni<Place> lock(Scope scope, String teamId) {
        return lock(scope, teamId, Patch.absent());
    }

    /** The team on its way to another organization, null or blank for none. Fails with NOT_FOUND for one outside the scope. */
    Uni<Place> lock(Scope scope, String teamId, Patch<String> destination) {
        return organizationOf(teamId).flatMap(current -> {
            requireWithin(scope, teamId, current);
            var wanted = destination.map(TeamPlaces::noneIfBlank).over(current);
            var moved = !Objects.equals(wanted, current);
            if (moved && wanted == null && !scope.boundary().everything()) {
                throw mayNotDetach();
            }
            return parents(scope, current, wanted)
                    .flatMap(parent -> lockTeam(teamId, current).map(team -> new Place(team, parent, moved)));
        });
    }

    /** A team admin's boundary need not hold the organization, whose limits count all the same. */
    private Uni<ParentLimits> parents(Scope scope, String current, String wanted) {
        return Objects.equals(current, wanted) ? parents.lockOfTeam(wanted) : parents.lock(scope, wanted);
    }

    private static void requireWithin(Scope scope, String teamId, String organizationId) {
        if (!scope.boundary().holdsTeam(teamId, organizationId)) {
            throw Problem.notFound(ResourceKind.TEAM, teamId);
        }
    }

    private static Problem mayNotDetach() {
        return Problem.of(ProblemCode.FORBIDDEN)
                .param("organization_id")
                .detail("Not allowed: only a proxy admin may take a team out of its organization");
    }

    private static String noneIfBlank(String id) {
        return id.isBlank() ? null : id;
    }

    private static Uni<String> organizationOf(String teamId) {
        return Panache.getSession()
                .flatMap(session -> session.createNativeQuery(ORGANIZATION, String.class)
                        .setParameter("id", teamId)
                        .getSingleResultOrNull())
                .onItem()
                .ifNull()
                .failWith(() -> Problem.notFound(ResourceKind.TEAM, teamId))
                .map(TeamPlaces::noneIfBlank);
    }

    private static Uni<Team> lockTeam(String teamId, String organizationId) {
        return Team.<Team>findById(teamId, LockModeType.PESSIMISTIC_WRITE)
                .onItem()
                .ifNull()
                .failWith(() -> Problem.notFound(ResourceKind.TEAM, teamId))
                .invoke(team -> {
                    if (!Objects.equals(team.organizationId, organizationId)) {
                        throw Problem.of(ProblemCode.CONFLICT).param("team_id");
                    }
                });
    }

    /**
     * These teams for deletion, locked in one order, so that nobody refers to them any more before they are gone; fails with NOT_FOUND naming
     * the first that is not within the scope.
     */
    Uni<List<Team>> lockAll(Scope scope, Collection<String> teamIds) {
        return Panache.getSession()
                .flatMap(session -> session.createNativeQuery(LOCK_ALL, Team.class)
                        .setParameter("teams", TeamRepository.texts(teamIds))
                        .getResultList())
                .invoke(found -> requireAll(scope, teamIds, found));
    }

    /** All teams of these organizations, which are locked, in the same way. */
    Uni<List<Team>> lockAllOf(Collection<String> organizationIds) {
        return Panache.getSession().flatMap(session -> session.createNativeQuery(LOCK_ALL_OF, Team.class)
                .setParameter("organizations", TeamRepository.texts(organizationIds))
                .getResultList());
    }

    private static void requireAll(Scope scope, Collection<String> teamIds, List<Team> found) {
        for (var id : teamIds) {
            if (found.stream()
                    .noneMatch(team ->
                            team.teamId.equals(id) && scope.boundary().holdsTeam(team.teamId, team.organizationId))) {
                throw Problem.notFound(ResourceKind.TEAM, id).param("team_ids");
            }
        }
    }
}
