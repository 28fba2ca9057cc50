package io.tenantry.limits;

import static java.util.stream.Collectors.toMap;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.quarkus.hibernate.reactive.panache.Panache;
import io.smallrye.mutiny.Uni;
import io.tenantry.tenancy.BudgetDirectory.BudgetTerms;
import io.tenantry.tenancy.LimitColumns;
import io.tenantry.tenancy.OwnedBudgets;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.Collection;
import java.util.Map;

/** Private budgets as rows. */
@ApplicationScoped
class StoredOwnedBudgets implements OwnedBudgets {

    private static final String CREATE = """
            insert into budget (budget_id, owner_kind, owner_id, max_budget_nano, soft_budget_nano, budget_duration, tpm_limit, rpm_limit,
                                max_parallel_requests, further_limits, created_by, updated_by)
            select gen_random_uuid()::text, :kind, o.id, cast(:max as bigint), cast(:soft as bigint), cast(:duration as text),
                   cast(:tpm as bigint), cast(:rpm as bigint), cast(:parallel as integer), cast(cast(:further as text) as jsonb), :actor, :actor
            from unnest(cast(:owners as text[])) as o (id)
            order by o.id
            returning owner_id, budget_id""";

    private static final String LOCK = "select budget_id from budget where budget_id = :id for no key update";

    private static final String DELETE =
            "delete from budget where owner_kind = :kind and owner_id = any(cast(:owners as text[]))";

    private final ObjectMapper json;

    StoredOwnedBudgets(ObjectMapper json) {
        this.json = json;
    }

    @Override
    public Uni<Held> lock(String budgetId) {
        // Hibernate Reactive cannot lock what is in the session already, and a budget usually is
        return Panache.getSession()
                .flatMap(session -> session.createNativeQuery(LOCK, String.class)
                        .setParameter("id", budgetId)
                        .getSingleResult()
                        .chain(() -> session.find(Budget.class, budgetId))
                        .call(session::refresh))
                .map(budget -> new Held(terms(budget), budget.isShared()));
    }

    @Override
    public Uni<BudgetTerms> change(String budgetId, LimitColumns limits, String actor) {
        return Budget.<Budget>findById(budgetId)
                .invoke(budget -> {
                    budget.limits = limits;
                    budget.updatedBy = actor;
                })
                .call(() -> Panache.getSession().flatMap(session -> session.flush()))
                .map(StoredOwnedBudgets::terms);
    }

    @Override
    public Uni<Map<String, String>> createForEach(
            String ownerKind, Collection<String> ownerIds, LimitColumns limits, String actor) {
        if (ownerIds.isEmpty()) {
            return Uni.createFrom().item(Map.of());
        }
        return Panache.getSession()
                .flatMap(session -> session.createNativeQuery(CREATE, Object[].class)
                        .setParameter("kind", ownerKind)
                        .setParameter("max", limits.maxBudgetNano)
                        .setParameter("soft", limits.softBudgetNano)
                        .setParameter("duration", limits.budgetDuration)
                        .setParameter("tpm", limits.tpmLimit)
                        .setParameter("rpm", limits.rpmLimit)
                        .setParameter("parallel", limits.maxParallelRequests)
                        .setParameter("further", json(limits.furtherLimits))
                        .setParameter("actor", actor)
                        .setParameter("owners", ownerIds.toArray(String[]::new))
                        .getResultList())
                .map(rows -> rows.stream().collect(toMap(row -> (String) row[0], row -> (String) row[1])));
    }

    @Override
    public Uni<Void> drop(Collection<String> budgetIds) {
        return budgetIds.isEmpty()
                ? Uni.createFrom().voidItem()
                : Budget.delete("budgetId in ?1 and ownerKind is not null", budgetIds)
                        .replaceWithVoid();
    }

    @Override
    public Uni<Void> deleteOf(String ownerKind, Collection<String> ownerIds) {
        if (ownerIds.isEmpty()) {
            return Uni.createFrom().voidItem();
        }
        return Panache.getSession()
                .flatMap(session -> session.createNativeQuery(DELETE)
                        .setParameter("kind", ownerKind)
                        .setParameter("owners", ownerIds.toArray(String[]::new))
                        .executeUpdate())
                .replaceWithVoid();
    }

    private String json(Map<String, Object> furtherLimits) {
        try {
            return furtherLimits == null ? null : json.writeValueAsString(furtherLimits);
        } catch (JsonProcessingException impossible) {
            throw new IllegalStateException(impossible);
        }
    }

    private static BudgetTerms terms(Budget budget) {
        return new BudgetTerms(budget.budgetId, budget.limitsOrNone());
    }
}
