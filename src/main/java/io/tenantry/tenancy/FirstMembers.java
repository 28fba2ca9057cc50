package io.tenantry.tenancy;

import static java.util.stream.Collectors.groupingBy;
import static java.util.stream.Collectors.toMap;

import io.quarkus.hibernate.reactive.panache.Panache;
import io.smallrye.mutiny.Uni;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/**
 * The first members of many teams or organizations, the same number of each: a list costs what it shows, whoever is large in it. Runs in the caller's
 * session.
 */
final class FirstMembers {

    // Columns by name: an entity knows no others.
    private static final String OF_TEAMS = """
            select m.team_id, m.user_id, m.role, m.budget_id, m.models, m.temp_budget_increase_nano, m.temp_budget_expires_at,
                   m.created_at, m.updated_at
            from unnest(cast(:owners as text[])) as w (team_id)
            cross join lateral (select f.* from team_membership f where f.team_id = w.team_id
                                order by f.created_at, f.user_id limit :each) m
            order by m.created_at, m.user_id""";

    private static final String OF_ORGANIZATIONS = """
            select m.organization_id, m.user_id, m.user_role, m.budget_id, m.created_at, m.updated_at
            from unnest(cast(:owners as text[])) as w (organization_id)
            cross join lateral (select f.* from organization_membership f where f.organization_id = w.organization_id
                                order by f.created_at, f.user_id limit :each) m
            order by m.created_at, m.user_id""";

    private static final String USERS = "select u.* from app_user u where u.user_id = any(:users)";

    private FirstMembers() {}

    /** How many of each are shown where there are so many entries: this many at most, and not more than that of all together. */
    static int each(int most, int together, int entries) {
        return Math.max(1, Math.min(most, together / Math.max(1, entries)));
    }

    static Uni<Map<String, List<TeamMember>>> ofTeams(Collection<String> teamIds, int each) {
        return first(OF_TEAMS, TeamMembership.class, teamIds, each)
                .flatMap(found -> users(found, membership -> membership.userId).map(users -> found.stream()
                        .map(membership -> new TeamMember(membership, users.get(membership.userId)))
                        .collect(groupingBy(member -> member.membership().teamId))));
    }

    static Uni<Map<String, List<OrganizationMember>>> ofOrganizations(Collection<String> organizationIds, int each) {
        return first(OF_ORGANIZATIONS, OrganizationMembership.class, organizationIds, each)
                .flatMap(found -> users(found, membership -> membership.userId).map(users -> found.stream()
                        .map(membership -> new OrganizationMember(membership, users.get(membership.userId)))
                        .collect(groupingBy(member -> member.membership().organizationId))));
    }

    private static <M> Uni<List<M>> first(String sql, Class<M> membership, Collection<String> owners, int each) {
        return owners.isEmpty()
                ? Uni.createFrom().item(List.of())
                : Panache.getSession().flatMap(session -> session.createNativeQuery(sql, membership)
                        .setParameter("owners", TeamRepository.texts(owners))
                        .setParameter("each", each)
                        .getResultList());
    }

    private static <M> Uni<Map<String, User>> users(List<M> memberships, Function<M, String> userId) {
        var ids = memberships.stream().map(userId).distinct().toList();
        return ids.isEmpty()
                ? Uni.createFrom().item(Map.of())
                : Panache.getSession()
                        .flatMap(session -> session.createNativeQuery(USERS, User.class)
                                .setParameter("users", TeamRepository.texts(ids))
                                .getResultList())
                        .map(users -> users.stream().collect(toMap(user -> user.userId, Function.identity())));
    }
}
