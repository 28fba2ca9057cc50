package io.tenantry.tenancy;

import static io.tenantry.tenancy.TeamRepository.texts;
import static java.util.stream.Collectors.toMap;

import io.quarkus.hibernate.reactive.panache.Panache;
import io.smallrye.mutiny.Uni;
import io.tenantry.audit.AuditTrail;
import io.tenantry.core.Problem;
import io.tenantry.core.ProblemCode;
import io.tenantry.core.ResourceKind;
import io.tenantry.identity.Scope;
import io.tenantry.platform.change.Changes;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;

/**
 * Deletes users whole: memberships, keys, private budgets, object permissions and the row, in one transaction. The ledger, the totals and the trail
 * keep their history.
 */
@ApplicationScoped
class UserDeletion {

    /** Whether a user is to be seen in these organizations, and has nothing outside of them. */
    private static final String REACH = """
            select u.user_id,
                   exists (select from organization_membership m where m.user_id = u.user_id and m.organization_id = any(:organizations))
                   or exists (select from team_membership m join team t on t.team_id = m.team_id
                              where m.user_id = u.user_id and t.organization_id = any(:organizations)) as visible,
                   not exists (select from organization_membership m
                               where m.user_id = u.user_id and m.organization_id <> all(:organizations))
                   and not exists (select from team_membership m join team t on t.team_id = m.team_id
                                   where m.user_id = u.user_id and coalesce(t.organization_id, '') <> all(:organizations))
                   and not exists (select from api_key k left join team t on t.team_id = k.team_id
                                   where k.user_id = u.user_id and (k.team_id is not null or k.organization_id is not null)
                                     and coalesce(t.organization_id, k.organization_id, '') <> all(:organizations))
                   and coalesce(u.user_role, '') not in ('proxy_admin', 'proxy_admin_viewer') as inside
            from app_user u where u.user_id = any(:users)""";

    private static final String LEAVE_TEAMS = """
            with mine as (select team_id, user_id from team_membership where user_id = any(:users) order by team_id, user_id for update)
            delete from team_membership m using mine where m.team_id = mine.team_id and m.user_id = mine.user_id
            returning m.budget_id""";

    private static final String LEAVE_ORGANIZATIONS = """
            with mine as (select organization_id, user_id from organization_membership where user_id = any(:users)
                          order by organization_id, user_id for update)
            delete from organization_membership m using mine where m.organization_id = mine.organization_id and m.user_id = mine.user_id
            returning m.budget_id""";

    private static final String DELETE = "delete from app_user where user_id = any(:users)";

    private final Changes changes;
    private final AuditTrail audit;
    private final UserRows rows;
    private final ObjectPermissionRows permissions;
    private final OwnedKeys keys;
    private final BudgetDirectory budgets;

    UserDeletion(
            Changes changes,
            AuditTrail audit,
            UserRows rows,
            ObjectPermissionRows permissions,
            OwnedKeys keys,
            BudgetDirectory budgets) {
        this.changes = changes;
        this.audit = audit;
        this.rows = rows;
        this.permissions = permissions;
        this.keys = keys;
        this.budgets = budgets;
    }

    /**
     * Deletes all of these users or none; how many they were. Fails with NOT_FOUND when one is not there or not to be seen by this caller, with
     * FORBIDDEN for one that an organization's admin sees and who has something outside of the organization too.
     */
    Uni<Integer> delete(Scope scope, DeleteUsersRequest request) {
        var organizations = organizations(scope, request.organizationId());
        var ids = request.distinctIds();
        return changes.inTransaction(() -> rows.lock(ids, List.of())
                .call(found -> reached(scope, organizations, found).invoke(reached -> requireAll(scope, ids, reached)))
                .call(this::record)
                .call(found -> end(ids, found))
                .map(List::size));
    }

    /** The organizations that an organization's admin acts in. */
    private static Set<String> organizations(Scope scope, String named) {
        if (named == null || named.isBlank()) {
            return scope.boundary().organizations();
        }
        if (!scope.boundary().holdsOrganization(named)) {
            throw Problem.notFound(ResourceKind.ORGANIZATION, named);
        }
        return Set.of(named);
    }

    /** @param visible whether the caller may see the user; @param inside whether the user has nothing elsewhere */
    private record Reached(boolean visible, boolean inside) {

        static final Reached EVERYTHING = new Reached(true, true);
        static final Reached NOTHING = new Reached(false, false);
    }

    /** By user id. */
    private static Uni<Map<String, Reached>> reached(Scope scope, Set<String> organizations, List<User> found) {
        if (scope.boundary().everything() && organizations.isEmpty()) {
            return Uni.createFrom()
                    .item(found.stream().collect(toMap(user -> user.userId, user -> Reached.EVERYTHING)));
        }
        return Panache.getSession()
                .flatMap(session -> session.createNativeQuery(REACH, Object[].class)
                        .setParameter("organizations", texts(organizations))
                        .setParameter("users", ids(found))
                        .getResultList())
                .map(rows -> rows.stream()
                        .collect(
                                toMap(row -> (String) row[0], row -> new Reached((Boolean) row[1], (Boolean) row[2]))));
    }

    /** In the order asked for, so that which one is named does not tell somebody else's user from one that is missing. */
    private static void requireAll(Scope scope, List<String> ids, Map<String, Reached> reached) {
        ids.stream()
                .filter(id -> !reached.getOrDefault(id, Reached.NOTHING).visible())
                .findFirst()
                .ifPresent(id -> {
                    throw Problem.notFound(ResourceKind.USER, id).param("user_ids");
                });
        ids.stream()
                .filter(id -> !reached.get(id).inside() && !scope.boundary().everything())
                .findFirst()
                .ifPresent(id -> {
                    throw Problem.of(ProblemCode.FORBIDDEN)
                            .param("user_ids")
                            .detail(
                                    "Not allowed: user '%s' also belongs outside of your organization; remove the membership, or ask a proxy admin",
                                    id);
                });
    }

    private Uni<Void> record(List<User> found) {
        return LostMemberships.of(found)
                .flatMap(lost -> audit.recordAll(found.stream().map(lost::entry).toList()));
    }

    /** In the order in which rows are locked everywhere: user, membership, key, budget. */
    private Uni<Void> end(List<String> ids, List<User> found) {
        return leave(LEAVE_ORGANIZATIONS, found)
                .flatMap(inOrganizations -> leave(LEAVE_TEAMS, found).chain(inTeams -> keys.endOfUsers(ids)
                        .chain(() -> budgets.deletePrivate(inOrganizations))
                        .chain(() -> budgets.deletePrivate(inTeams))))
                .chain(() -> deleteRows(found))
                .chain(() -> permissions.delete(found.stream()
                        .map(user -> user.objectPermissionId)
                        .filter(Objects::nonNull)
                        .toList()));
    }

    private static Uni<List<String>> leave(String sql, List<User> found) {
        return Panache.getSession()
                .flatMap(session -> session.createNativeQuery(sql, String.class)
                        .setParameter("users", ids(found))
                        .getResultList())
                .map(budgetIds -> budgetIds.stream().filter(Objects::nonNull).toList());
    }

    private static Uni<Integer> deleteRows(List<User> found) {
        return Panache.getSession().flatMap(session -> session.createNativeQuery(DELETE)
                .setParameter("users", ids(found))
                .executeUpdate());
    }

    private static String[] ids(List<User> users) {
        return users.stream().map(user -> user.userId).toArray(String[]::new);
    }
}
