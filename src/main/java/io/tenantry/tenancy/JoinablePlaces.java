package io.tenantry.tenancy;

import static io.tenantry.tenancy.TeamRepository.texts;

import io.quarkus.hibernate.reactive.panache.Panache;
import io.smallrye.mutiny.Uni;
import io.tenantry.core.Problem;
import io.tenantry.core.ResourceKind;
import io.tenantry.identity.Boundary;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

/** The organizations and teams that new users may join: those that are there and within the caller's boundary. */
record JoinablePlaces(Set<String> organizations, Set<String> teams) {

    private static final String ORGANIZATIONS =
            "select organization_id from organization where organization_id = any(:ids)";

    private static final String TEAMS = "select team_id, organization_id from team where team_id = any(:ids)";

    /** Of those that these requests name: two statements, however many users. */
    static Uni<JoinablePlaces> of(Boundary boundary, List<NewUserRequest> requests) {
        var organizations = new HashSet<String>();
        var teams = new HashSet<String>();
        requests.forEach(request -> {
            organizations.addAll(request.joinedOrganizations());
            request.joinedTeams().forEach(team -> teams.add(team.teamId()));
        });
        return organizations(boundary, organizations)
                .flatMap(inside -> teams(boundary, teams).map(joinable -> new JoinablePlaces(inside, joinable)));
    }

    private static Uni<Set<String>> organizations(Boundary boundary, Collection<String> wanted) {
        return wanted.isEmpty()
                ? Uni.createFrom().item(Set.of())
                : Panache.getSession()
                        .flatMap(session -> session.createNativeQuery(ORGANIZATIONS, String.class)
                                .setParameter("ids", texts(wanted))
                                .getResultList())
                        .map(found -> found.stream()
                                .filter(boundary::holdsOrganization)
                                .collect(Collectors.toSet()));
    }

    private static Uni<Set<String>> teams(Boundary boundary, Collection<String> wanted) {
        return wanted.isEmpty()
                ? Uni.createFrom().item(Set.of())
                : Panache.getSession()
                        .flatMap(session -> session.createNativeQuery(TEAMS, Object[].class)
                                .setParameter("ids", texts(wanted))
                                .getResultList())
                        .map(found -> found.stream()
                                .filter(team -> boundary.holdsTeam((String) team[0], (String) team[1]))
                                .map(team -> (String) team[0])
                                .collect(Collectors.toSet()));
    }

    /** Fails with NOT_FOUND naming the first place that cannot be joined. */
    void require(NewUserRequest request) {
        for (var id : request.joinedOrganizations()) {
            if (!organizations.contains(id)) {
                throw Problem.notFound(ResourceKind.ORGANIZATION, id)
                        .param(id.equals(request.organizationId()) ? "organization_id" : "organizations");
            }
        }
        for (var team : request.joinedTeams()) {
            if (!teams.contains(team.teamId())) {
                throw Problem.notFound(ResourceKind.TEAM, team.teamId()).param("teams");
            }
        }
    }
}
