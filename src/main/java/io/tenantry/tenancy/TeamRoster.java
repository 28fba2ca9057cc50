package io.tenantry.tenancy;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import io.quarkus.hibernate.reactive.panache.Panache;
import io.quarkus.runtime.annotations.RegisterForReflection;
import io.smallrye.mutiny.Uni;
import io.tenantry.core.Problem;
import io.tenantry.core.ProblemCode;
import io.tenantry.tenancy.Enrolment.Person;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.persistence.LockModeType;
import java.util.List;

/** Who belongs to a team. Members are rows, so that adding many at once neither waits for nor loses anybody. */
@ApplicationScoped
class TeamRoster {

    private static final String ADD = """
            insert into team_membership (team_id, user_id, role, budget_id, models)
            select m.team_id, m.user_id, m.role, m.budget_id,
                   case when m.models = '[]' then t.default_member_models
                        else array(select jsonb_array_elements_text(m.models)) end
            from jsonb_to_recordset(cast(cast(:rows as text) as jsonb))
                 as m (team_id text, user_id text, role text, budget_id text, models jsonb)
            join team t on t.team_id = m.team_id
            order by m.team_id, m.user_id
            on conflict do nothing
            returning user_id""";

    private static final String BY_EMAIL = """
            select u.userId from TeamMembership m join User u on u.userId = m.userId
            where m.teamId = :team and lower(u.userEmail) = :email""";

    private final ObjectMapper json;

    TeamRoster(ObjectMapper json) {
        this.json = json;
    }

    /**
     * @param budgetId the member's own; null follows the team's default
     * @param models   the member's own; empty gets the team's default
     */
    @RegisterForReflection
    @JsonNaming(PropertyNamingStrategies.SnakeCaseStrategy.class)
    record Entry(String teamId, String userId, String role, String budgetId, List<String> models) {

        static Entry of(String teamId, String userId, String role) {
            return new Entry(teamId, userId, role, null, List.of());
        }
    }

    /** Adds all of them or, when one is there already, fails with MEMBER_EXISTS. */
    Uni<Void> add(List<Entry> entries) {
        return addAbsent(entries)
                .invoke(added -> requireAll(added.size(), entries.size()))
                .replaceWithVoid();
    }

    /** Adds those who are not there already, in one statement; answers with their ids. */
    Uni<List<String>> addAbsent(List<Entry> entries) {
        if (entries.isEmpty()) {
            return Uni.createFrom().item(List.of());
        }
        return Panache.getSession().flatMap(session -> session.createNativeQuery(ADD, String.class)
                .setParameter("rows", rows(entries))
                .getResultList());
    }

    /** The ids of those of these users who are members already. */
    Uni<List<String>> present(String teamId, List<String> userIds) {
        return TeamMembership.<TeamMembership>list("teamId = ?1 and userId in ?2", teamId, userIds)
                .map(found ->
                        found.stream().map(membership -> membership.userId).toList());
    }

    /** The membership, locked; fails with NOT_FOUND naming the member as it was named. */
    Uni<TeamMembership> lock(String teamId, Person person) {
        return userId(teamId, person)
                .flatMap(userId -> userId == null
                        ? Uni.createFrom().<TeamMembership>nullItem()
                        : TeamMembership.<TeamMembership>findById(
                                new TeamMembership.Pair(teamId, userId), LockModeType.PESSIMISTIC_WRITE))
                .onItem()
                .ifNull()
                .failWith(() -> noMember(teamId, person));
    }

    /** The member's id; an address is looked for among the members only. */
    private static Uni<String> userId(String teamId, Person person) {
        if (person.userId() != null) {
            return Uni.createFrom().item(person.userId());
        }
        return Panache.getSession().flatMap(session -> session.createSelectionQuery(BY_EMAIL, String.class)
                .setParameter("team", teamId)
                .setParameter("email", person.emailKey())
                .getSingleResultOrNull());
    }

    private static Problem noMember(String teamId, Person person) {
        return Problem.of(ProblemCode.NOT_FOUND)
                .param(person.userId() == null ? "user_email" : "user_id")
                .detail(
                        "User '%s' is not a member of team '%s' (not found)",
                        person.userId() == null ? person.email() : person.userId(), teamId);
    }

    /** By a statement: Hibernate Reactive mixes sessions up that delete entities at the same time. */
    Uni<Void> remove(TeamMembership membership) {
        return TeamMembership.delete("teamId = ?1 and userId = ?2", membership.teamId, membership.userId)
                .replaceWithVoid();
    }

    static Problem memberExists(String teamId) {
        return Problem.of(ProblemCode.MEMBER_EXISTS)
                .param("member")
                .detail("The user is already in team '%s' (team_member_already_in_team)", teamId);
    }

    private static void requireAll(int added, int asked) {
        if (added < asked) {
            throw Problem.of(ProblemCode.MEMBER_EXISTS)
                    .param("member")
                    .detail("A user was added to the team by somebody else just now (team_member_already_in_team)");
        }
    }

    private String rows(List<Entry> entries) {
        try {
            return json.writeValueAsString(entries);
        } catch (JsonProcessingException impossible) {
            throw new IllegalStateException(impossible);
        }
    }
}
