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
import jakarta.enterprise.context.ApplicationScoped;
import java.util.List;

/** Who belongs to a team. Members are rows, so that adding many at once neither waits for nor loses anybody. */
@ApplicationScoped
class TeamRoster {

    private static final String ADD = """
            insert into team_membership (team_id, user_id, role, budget_id, models)
            select m.team_id, m.user_id, m.role, m.budget_id, array(select jsonb_array_elements_text(m.models))
            from jsonb_to_recordset(cast(cast(:rows as text) as jsonb))
                 as m (team_id text, user_id text, role text, budget_id text, models jsonb)
            order by m.team_id, m.user_id
            on conflict do nothing""";

    private final ObjectMapper json;

    TeamRoster(ObjectMapper json) {
        this.json = json;
    }

    /** @param budgetId the member's own; null follows the team's default */
    @RegisterForReflection
    @JsonNaming(PropertyNamingStrategies.SnakeCaseStrategy.class)
    record Entry(String teamId, String userId, String role, String budgetId, List<String> models) {

        static Entry of(String teamId, String userId, String role) {
            return new Entry(teamId, userId, role, null, List.of());
        }
    }

    /** Adds all of them or, when one is there already, fails with MEMBER_EXISTS. */
    Uni<Void> add(List<Entry> entries) {
        if (entries.isEmpty()) {
            return Uni.createFrom().voidItem();
        }
        return Panache.getSession()
                .flatMap(session -> session.createNativeQuery(ADD)
                        .setParameter("rows", rows(entries))
                        .executeUpdate())
                .invoke(added -> requireAll(added, entries.size()))
                .replaceWithVoid();
    }

    /** The ids of those of these users who are members already. */
    Uni<List<String>> present(String teamId, List<String> userIds) {
        return TeamMembership.<TeamMembership>list("teamId = ?1 and userId in ?2", teamId, userIds)
                .map(found ->
                        found.stream().map(membership -> membership.userId).toList());
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
