package io.tenantry.limits;

import static java.util.stream.Collectors.groupingBy;
import static java.util.stream.Collectors.mapping;
import static java.util.stream.Collectors.toList;

import io.quarkus.hibernate.reactive.panache.Panache;
import io.smallrye.mutiny.Uni;
import io.tenantry.core.Problem;
import io.tenantry.core.ResourceKind;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.Collection;
import java.util.List;
import java.util.Map;

/** Questions about budgets. All run in the caller's session. */
@ApplicationScoped
class BudgetRepository {

    /** The list has no pages; it ends here. */
    static final int MOST_BUDGETS = 1_000;

    /** What one budget shows of each kind of entity that it limits. */
    static final int MOST_ENTITIES = 50;

    private static final String LINKED = """
            select b.id as budget_id, u.kind, u.entity, u.name, u.parent, u.parent_name
            from unnest(cast(:budgets as text[])) as b(id)
            cross join lateral (
                (select 'organization' as kind, o.organization_id as entity, o.organization_alias as name, null as parent, null as parent_name
                 from organization o where o.budget_id = b.id limit :most)
                union all
                (select 'team_member_default', t.team_id, t.team_alias, null, null
                 from team t where t.member_budget_id = b.id limit :most)
                union all
                (select 'team_member', m.user_id, u.user_alias, m.team_id, t.team_alias
                 from team_membership m join team t using (team_id) join app_user u using (user_id)
                 where m.budget_id = b.id limit :most)
                union all
                (select 'organization_member', m.user_id, u.user_alias, m.organization_id, o.organization_alias
                 from organization_membership m join organization o using (organization_id) join app_user u using (user_id)
                 where m.budget_id = b.id limit :most)
                union all
                (select 'key', k.secret_hash, coalesce(k.key_alias, k.key_name), null, null
                 from api_key k where k.budget_id = b.id limit :most)
                union all
                (select 'end_user', e.end_user_id, e.alias, null, null from end_user e where e.budget_id = b.id limit :most)
                union all
                (select 'tag', g.name, g.name, null, null from tag g where g.budget_id = b.id limit :most)) u""";

    /** Locks what a change of the budget will touch, then the budget; returns it. Fails with NOT_FOUND. */
    Uni<Budget> lock(String budgetId) {
        return Panache.getSession()
                .flatMap(session -> session.createNativeQuery("select cast(lock_budget(:id) as text)", String.class)
                        .setParameter("id", budgetId)
                        .getSingleResultOrNull())
                .chain(() -> require(budgetId));
    }

    /** The budget, shared or private; fails with NOT_FOUND. */
    Uni<Budget> require(String budgetId) {
        return Budget.<Budget>findById(budgetId)
                .onItem()
                .ifNull()
                .failWith(() -> Problem.notFound(ResourceKind.BUDGET, budgetId));
    }

    /** Shared budgets, newest first, {@value #MOST_BUDGETS} at most. */
    Uni<List<Budget>> shared() {
        return Budget.<Budget>find("ownerKind is null order by createdAt desc, budgetId")
                .page(0, MOST_BUDGETS)
                .list();
    }

    /** What these budgets limit, by budget id, in one statement; {@value #MOST_ENTITIES} of each kind at most. */
    Uni<Map<String, List<LinkedEntityView>>> linked(Collection<String> budgetIds) {
        return Panache.getSession()
                .flatMap(session -> session.createNativeQuery(LINKED, Object[].class)
                        .setParameter("budgets", budgetIds.toArray(String[]::new))
                        .setParameter("most", MOST_ENTITIES)
                        .getResultList())
                .map(rows -> rows.stream()
                        .collect(groupingBy(row -> (String) row[0], mapping(BudgetRepository::entity, toList()))));
    }

    private static LinkedEntityView entity(Object[] row) {
        return new LinkedEntityView(
                (String) row[1], (String) row[2], (String) row[3], (String) row[4], (String) row[5]);
    }
}
