package io.tenantry.tenancy;

import static java.util.Comparator.comparing;
import static java.util.stream.Collectors.groupingBy;
import static java.util.stream.Collectors.toMap;

import com.fasterxml.jackson.annotation.JsonUnwrapped;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import io.quarkus.hibernate.reactive.panache.Panache;
import io.quarkus.runtime.annotations.RegisterForReflection;
import io.smallrye.mutiny.Uni;
import io.tenantry.audit.AuditAction;
import io.tenantry.audit.AuditTrail;
import io.tenantry.core.NanoUsd;
import java.time.Instant;
import java.util.List;
import java.util.Map;

/**
 * What users who are deleted belonged to, for the trail: afterwards no row tells it. Runs in the transaction that deletes them.
 *
 * @param homes by user id, the organization that holds everything a user belonged to; no entry where there is no such one
 */
record LostMemberships(
        Map<String, List<OrganizationMembership>> organizations,
        Map<String, List<TeamMembership>> teams,
        Map<String, String> homes) {

    // Columns by name: an entity knows no others. Locked, in the order in which they will be deleted: what is recorded
    // is what was there at the end
    private static final String IN_ORGANIZATIONS = """
            select organization_id, user_id, user_role, budget_id, created_at, updated_at
            from organization_membership where user_id = any(:users)
            order by organization_id, user_id limit :most for update""";

    private static final String IN_TEAMS = """
            select team_id, user_id, role, budget_id, models, temp_budget_increase_nano, temp_budget_expires_at, created_at, updated_at
            from team_membership where user_id = any(:users)
            order by team_id, user_id limit :most for update""";

    private static final String HOMES = """
            select p.user_id, min(p.organization_id)
            from (select m.user_id, m.organization_id from organization_membership m where m.user_id = any(:users)
                  union all
                  select m.user_id, coalesce(t.organization_id, '') from team_membership m join team t on t.team_id = m.team_id
                  where m.user_id = any(:users)) p
            group by p.user_id
            having count(distinct p.organization_id) = 1 and min(p.organization_id) <> ''""";

    /** A user as the trail keeps it. */
    @RegisterForReflection
    @JsonNaming(PropertyNamingStrategies.SnakeCaseStrategy.class)
    record Before(@JsonUnwrapped UserView user, List<OfTeam> teamMemberships) {}

    /** A membership in a team, inside its user. */
    @RegisterForReflection
    @JsonNaming(PropertyNamingStrategies.SnakeCaseStrategy.class)
    record OfTeam(String teamId, String role, String budgetId, Instant createdAt) {

        private static OfTeam of(TeamMembership membership) {
            return new OfTeam(membership.teamId, membership.role, membership.budgetId, membership.createdAt);
        }
    }

    /** Those of these users, as many as a roster shows. */
    static Uni<LostMemberships> of(List<User> users) {
        var ids = users.stream().map(user -> user.userId).toArray(String[]::new);
        return found(IN_ORGANIZATIONS, OrganizationMembership.class, ids)
                .flatMap(organizations -> found(IN_TEAMS, TeamMembership.class, ids)
                        .flatMap(teams -> homes(ids)
                                .map(homes -> new LostMemberships(
                                        organizations.stream().collect(groupingBy(membership -> membership.userId)),
                                        teams.stream().collect(groupingBy(membership -> membership.userId)),
                                        homes))));
    }

    private static <M> Uni<List<M>> found(String sql, Class<M> membership, String[] userIds) {
        return Panache.getSession().flatMap(session -> session.createNativeQuery(sql, membership)
                .setParameter("users", userIds)
                .setParameter("most", TeamRepository.MOST_MEMBERS)
                .getResultList()
                .invoke(session::clear));
    }

    private static Uni<Map<String, String>> homes(String[] userIds) {
        return Panache.getSession()
                .flatMap(session -> session.createNativeQuery(HOMES, Object[].class)
                        .setParameter("users", userIds)
                        .getResultList())
                .map(rows -> rows.stream().collect(toMap(row -> (String) row[0], row -> (String) row[1])));
    }

    /**
     * The entry of the user's end. The admins of an organization may read it if it tells of their organization alone: it names everything that the user
     * belonged to.
     */
    AuditTrail.Entry entry(User user) {
        var inOrganizations = organizations.getOrDefault(user.userId, List.of()).stream()
                .map(membership -> UserView.OfOrganization.of(membership, NanoUsd.ZERO))
                .toList();
        var inTeams = teams.getOrDefault(user.userId, List.of()).stream()
                .sorted(comparing(membership -> membership.createdAt))
                .map(OfTeam::of)
                .toList();
        var view =
                UserView.of(user, inTeams.stream().map(OfTeam::teamId).toList(), NanoUsd.ZERO, inOrganizations, null);
        return new AuditTrail.Entry(
                AuditAction.DELETED, user.ref(), homes.get(user.userId), new Before(view, inTeams), null);
    }
}
