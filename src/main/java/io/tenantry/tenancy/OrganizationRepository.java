package io.tenantry.tenancy;

import static java.util.stream.Collectors.groupingBy;
import static java.util.stream.Collectors.toMap;

import io.quarkus.hibernate.reactive.panache.Panache;
import io.smallrye.mutiny.Uni;
import io.tenantry.core.Problem;
import io.tenantry.core.ResourceKind;
import io.tenantry.identity.Boundary;
import io.tenantry.identity.Scope;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Stream;

/** Questions about organizations. All run in the caller's session; what lies outside the scope is not found. */
@ApplicationScoped
class OrganizationRepository {

    /** Ids first, which an index holds: what stands on the pages before is skipped without reading it. */
    private static final String PAGE = """
            select o.* from (select o.organization_id from organization o where %s
                             order by o.created_at desc, o.organization_id limit :most offset :skipped) found
            join organization o on o.organization_id = found.organization_id
            order by o.created_at desc, o.organization_id""";

    /** What an entry of a list shows of its members, of its teams and of the members of each team; {@code /organization/info} shows more. */
    private static final int MOST_LISTED = 100;

    /** What a list shows of the members of all its organizations together, and of their teams. */
    private static final int MOST_LISTED_TOGETHER = 2_000;

    private static final String MEMBERS = """
            select m, u from OrganizationMembership m join User u on u.userId = m.userId
            where m.organizationId in :organizations order by m.createdAt, m.userId""";

    private final BudgetDirectory budgets;
    private final TeamRepository teams;

    OrganizationRepository(BudgetDirectory budgets, TeamRepository teams) {
        this.budgets = budgets;
        this.teams = teams;
    }

    /** How much of an organization is asked for. */
    enum Depth {
        ROW,
        /** With the first members and teams. */
        LISTED,
        WITH_MEMBERS,
        WITH_USERS
    }

    /** The organization, if it lies within the scope; fails with NOT_FOUND also for one of somebody else. */
    Uni<Organization> require(Scope scope, String organizationId) {
        return Organization.<Organization>findById(organizationId)
                .map(organization -> scope.boundary().holdsOrganization(organizationId) ? organization : null)
                .onItem()
                .ifNull()
                .failWith(() -> Problem.notFound(ResourceKind.ORGANIZATION, organizationId));
    }

    /** These organizations in the order asked for; fails with NOT_FOUND naming the first that is not within the scope. */
    Uni<List<Organization>> require(Scope scope, Collection<String> organizationIds) {
        return Organization.<Organization>list("organizationId in ?1", organizationIds)
                .map(found -> found.stream()
                        .filter(organization -> scope.boundary().holdsOrganization(organization.organizationId))
                        .collect(toMap(organization -> organization.organizationId, organization -> organization)))
                .invoke(found -> requireAll(organizationIds, found.keySet()))
                .map(found -> organizationIds.stream().map(found::get).toList());
    }

    private static void requireAll(Collection<String> organizationIds, Set<String> found) {
        organizationIds.stream().filter(id -> !found.contains(id)).findFirst().ifPresent(id -> {
            throw Problem.notFound(ResourceKind.ORGANIZATION, id);
        });
    }

    /** The organizations within the scope that the query asks for, newest first. */
    Uni<List<Organization>> visible(Scope scope, OrganizationQuery query) {
        var where = new StringBuilder("true");
        var values = new TreeMap<String, Object>(Map.of("most", query.size(), "skipped", query.skipped()));
        if (!scope.boundary().everything()) {
            where.append(" and o.organization_id = any(:organizations)");
            values.put("organizations", TeamRepository.texts(scope.boundary().organizations()));
        }
        if (query.id() != null) {
            where.append(" and o.organization_id = :id");
            values.put("id", query.id());
        }
        if (query.alias() != null) {
            // written as the index of parts is
            where.append(" and lower(o.organization_alias) like lower(:alias)");
            values.put("alias", UserFilter.part(query.alias()));
        }
        return Panache.getSession().flatMap(session -> {
            var statement = session.createNativeQuery(PAGE.formatted(where), Organization.class);
            values.forEach(statement::setParameter);
            return statement.getResultList();
        });
    }

    /** The organizations with what the depth asks for, in a number of statements that does not grow with theirs. */
    Uni<OrganizationFacts> facts(List<Organization> organizations, Depth depth, Boundary boundary) {
        var ids = organizations.stream()
                .map(organization -> organization.organizationId)
                .toList();
        return members(depth, ids).flatMap(members -> budgets.byIds(budgetIds(organizations, members))
                .flatMap(terms -> TeamRepository.permissions(
                                organizations.stream().map(organization -> organization.objectPermissionId))
                        .flatMap(permissions -> teamFacts(depth, ids).flatMap(teamFacts -> teamsOfUsers(
                                        depth, boundary, members)
                                .map(teamsOfUsers -> new OrganizationFacts(
                                        organizations, members, terms, permissions, teamFacts, teamsOfUsers))))));
    }

    private static Uni<Map<String, List<OrganizationMember>>> members(Depth depth, List<String> organizationIds) {
        return switch (depth) {
            case ROW -> Uni.createFrom().item(Map.of());
            case LISTED -> FirstMembers.ofOrganizations(organizationIds, listedEach(organizationIds));
            default -> members(organizationIds);
        };
    }

    private static int listedEach(List<String> organizationIds) {
        return FirstMembers.each(MOST_LISTED, MOST_LISTED_TOGETHER, organizationIds.size());
    }

    private static Uni<Map<String, List<OrganizationMember>>> members(List<String> organizationIds) {
        return Panache.getSession()
                .flatMap(session -> session.createSelectionQuery(MEMBERS, Object[].class)
                        .setParameter("organizations", organizationIds)
                        .setMaxResults(TeamRepository.MOST_MEMBERS)
                        .getResultList())
                .map(rows -> rows.stream()
                        .map(row -> new OrganizationMember((OrganizationMembership) row[0], (User) row[1]))
                        .collect(groupingBy(member -> member.membership().organizationId)));
    }

    private Uni<TeamFacts> teamFacts(Depth depth, List<String> organizationIds) {
        return switch (depth) {
            case ROW -> teams.facts(List.of());
            case LISTED ->
                teams.ofOrganizations(organizationIds, listedEach(organizationIds))
                        .flatMap(found -> teams.listed(found, MOST_LISTED));
            default ->
                teams.ofOrganizations(organizationIds, TeamRepository.MOST_TEAMS)
                        .flatMap(teams::facts);
        };
    }

    private Uni<Map<String, List<String>>> teamsOfUsers(
            Depth depth, Boundary boundary, Map<String, List<OrganizationMember>> members) {
        return depth == Depth.WITH_USERS
                ? teams.ofUsers(
                        boundary,
                        members.values().stream()
                                .flatMap(List::stream)
                                .map(member -> member.user().userId)
                                .distinct()
                                .toList())
                : Uni.createFrom().item(Map.of());
    }

    private static Collection<String> budgetIds(
            List<Organization> organizations, Map<String, List<OrganizationMember>> members) {
        return Stream.concat(
                        organizations.stream().map(organization -> organization.budgetId),
                        members.values().stream().flatMap(List::stream).map(member -> member.membership().budgetId))
                .filter(Objects::nonNull)
                .distinct()
                .toList();
    }
}
