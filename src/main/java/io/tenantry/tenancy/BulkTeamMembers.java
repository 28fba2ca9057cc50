package io.tenantry.tenancy;

import io.quarkus.hibernate.reactive.panache.Panache;
import io.smallrye.mutiny.Uni;
import io.tenantry.core.Problem;
import io.tenantry.core.ProblemCode;
import io.tenantry.identity.Scope;
import io.tenantry.platform.change.Changes;
import io.tenantry.tenancy.Enrolment.Person;
import io.tenantry.tenancy.TeamMembers.Added;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Puts many users into a team at once, with one result each, in a number of statements that does not grow with theirs. */
@ApplicationScoped
class BulkTeamMembers {

    /** What one call with {@code all_users} adds. */
    static final int MOST_OF_ALL = 5_000;

    private static final String NOT_IN_TEAM = """
            select u.user_id from app_user u
            where not exists (select from team_membership m where m.team_id = :team and m.user_id = u.user_id)
            order by u.user_id limit :most""";

    private final Changes changes;
    private final TeamRepository repository;
    private final TeamRoster roster;
    private final Enrolment enrolment;
    private final TeamMembers members;

    BulkTeamMembers(
            Changes changes, TeamRepository repository, TeamRoster roster, Enrolment enrolment, TeamMembers members) {
        this.changes = changes;
        this.repository = repository;
        this.roster = roster;
        this.enrolment = enrolment;
        this.members = members;
    }

    /**
     * What became of each user that was named.
     *
     * @param added  null where nobody was
     * @param errors by position; absent for those who were added
     */
    record Outcome(
            String teamId,
            List<TeamMemberRequest> asked,
            Map<Integer, String> errors,
            Map<Person, User> users,
            Added added) {}

    /** Adds those who can be added; all or none where the request asks for that. */
    Uni<Outcome> add(Scope scope, BulkAddTeamMembersRequest request) {
        if (request.everybody() && !scope.boundary().everything()) {
            throw Problem.of(ProblemCode.FORBIDDEN)
                    .param("all_users")
                    .detail("Not allowed: only a proxy admin may add all users");
        }
        var terms = request.terms();
        var named = request.everybody() ? null : request.named();
        return changes.inTransaction(
                () -> repository.require(scope, request.teamId()).flatMap(team -> (named == null
                                ? everybodyElse(team)
                                : Uni.createFrom().item(named))
                        .flatMap(asked -> add(scope, team, asked, request.allOrNone(), terms))));
    }

    private static Uni<List<TeamMemberRequest>> everybodyElse(Team team) {
        return Panache.getSession()
                .flatMap(session -> session.createNativeQuery(NOT_IN_TEAM, String.class)
                        .setParameter("team", team.teamId)
                        .setParameter("most", MOST_OF_ALL + 1)
                        .getResultList())
                .map(ids -> {
                    if (ids.size() > MOST_OF_ALL) {
                        throw Problem.of(ProblemCode.INVALID_VALUE)
                                .param("all_users")
                                .detail(
                                        "More than %d users are not in the team: name them in members, %d a call",
                                        MOST_OF_ALL, BulkAddTeamMembersRequest.MOST);
                    }
                    return ids.stream()
                            .map(id -> new TeamMemberRequest("user", id, null))
                            .toList();
                });
    }

    private Uni<Outcome> add(
            Scope scope, Team team, List<TeamMemberRequest> asked, boolean atomic, TeamMembers.Terms terms) {
        var persons = asked.stream().map(TeamMemberRequest::person).toList();
        return enrolment.examine(scope, persons, TeamMembers.newcomers(scope)).flatMap(wrong -> {
            var errors = new LinkedHashMap<Integer, String>();
            for (int i = 0; i < asked.size(); i++) {
                var problem = wrong.get(persons.get(i));
                if (problem != null) {
                    errors.put(i, problem.getMessage());
                }
            }
            return atomic && !errors.isEmpty()
                    ? Uni.createFrom().item(nobody(team, asked, errors))
                    : addFit(scope, team, asked, errors, atomic, terms);
        });
    }

    private Uni<Outcome> addFit(
            Scope scope,
            Team team,
            List<TeamMemberRequest> asked,
            Map<Integer, String> errors,
            boolean atomic,
            TeamMembers.Terms terms) {
        var fit = new ArrayList<Person>();
        for (int i = 0; i < asked.size(); i++) {
            if (!errors.containsKey(i)) {
                fit.add(asked.get(i).person());
            }
        }
        return enrolment
                .enrol(scope, fit, TeamMembers.newcomers(scope), team.organizationId)
                .flatMap(users -> roster.present(
                                team.teamId,
                                users.values().stream().map(user -> user.userId).toList())
                        .flatMap(present -> {
                            var roles = roles(asked, users, present, errors);
                            if (roles.isEmpty() || (atomic && !errors.isEmpty())) {
                                return Uni.createFrom().item(nobody(team, asked, errors));
                            }
                            return members.join(scope, team, roles, terms)
                                    .invoke(added -> requireAll(team, atomic, roles, added))
                                    .flatMap(added -> members.added(scope, team, added))
                                    .map(added -> outcome(team, asked, errors, users, added));
                        }));
    }

    /** The roles of those who are to be added; whoever is in the team already, or was named before, gets an error. */
    private static Map<String, String> roles(
            List<TeamMemberRequest> asked, Map<Person, User> users, List<String> present, Map<Integer, String> errors) {
        var there = Set.copyOf(present);
        var roles = new LinkedHashMap<String, String>();
        for (int i = 0; i < asked.size(); i++) {
            var user = errors.containsKey(i) ? null : users.get(asked.get(i).person());
            if (user == null) {
                continue;
            }
            if (there.contains(user.userId)) {
                errors.put(i, "The user is in the team already (team_member_already_in_team)");
            } else if (roles.putIfAbsent(user.userId, asked.get(i).role()) != null) {
                errors.put(i, "The user is named more than once");
            }
        }
        return roles;
    }

    private static void requireAll(Team team, boolean atomic, Map<String, String> roles, List<String> added) {
        if (atomic && added.size() < roles.size()) {
            throw TeamRoster.memberExists(team.teamId);
        }
    }

    private static Outcome outcome(
            Team team,
            List<TeamMemberRequest> asked,
            Map<Integer, String> errors,
            Map<Person, User> users,
            Added added) {
        var userIds = Set.copyOf(added.userIds());
        for (int i = 0; i < asked.size(); i++) {
            var user = users.get(asked.get(i).person());
            if (!errors.containsKey(i) && !userIds.contains(user.userId)) {
                errors.put(i, "The user was added by somebody else just now (team_member_already_in_team)");
            }
        }
        return new Outcome(team.teamId, asked, errors, users, added);
    }

    private static Outcome nobody(Team team, List<TeamMemberRequest> asked, Map<Integer, String> errors) {
        for (int i = 0; i < asked.size(); i++) {
            errors.putIfAbsent(i, "Not added, since another user of this call could not be (atomic)");
        }
        return new Outcome(team.teamId, asked, errors, Map.of(), null);
    }
}
