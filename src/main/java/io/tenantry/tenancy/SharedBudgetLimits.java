package io.tenantry.tenancy;

import io.quarkus.hibernate.reactive.panache.Panache;
import io.smallrye.mutiny.Uni;
import io.tenantry.tenancy.BudgetDirectory.BudgetTerms;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.List;
import java.util.Objects;

/**
 * Holds a shared budget between what is above and what is below the things that it limits: within the teams and organizations of its keys, and
 * above what the teams and keys of its organizations have. Members, customers and tags have caps of their own and no parent to compare them with.
 * A constant number of statements, however many are linked.
 */
@ApplicationScoped
public class SharedBudgetLimits {

    private static final String ORGANIZATIONS =
            "select o.organization_id from organization o where o.budget_id = :budget";

    private static final String OVERTAKEN = """
            select o.* from organization o join budget b on b.budget_id = o.budget_id
            where o.budget_id = :budget
              and (exists (select from team t
                           where t.organization_id = o.organization_id
                             and (t.max_budget_nano > b.max_budget_nano or t.tpm_limit > b.tpm_limit or t.rpm_limit > b.rpm_limit
                                  or t.max_parallel_requests > b.max_parallel_requests))
                   or exists (select from api_key k left join budget kb on kb.budget_id = k.budget_id
                              where k.effective_organization_id = o.organization_id
                                and (coalesce(k.max_budget_nano, kb.max_budget_nano) > b.max_budget_nano
                                     or coalesce(k.tpm_limit, kb.tpm_limit) > b.tpm_limit or coalesce(k.rpm_limit, kb.rpm_limit) > b.rpm_limit
                                     or coalesce(k.max_parallel_requests, kb.max_parallel_requests) > b.max_parallel_requests)))
            order by o.organization_id limit 1""";

    private final ChildLimits children;
    private final BudgetedKeys keys;

    SharedBudgetLimits(ChildLimits children, BudgetedKeys keys) {
        this.children = children;
        this.keys = keys;
    }

    /** Holds what the budget is going to be compared with. First in the transaction that changes it, before the budget is locked. */
    public Uni<Void> hold(String budgetId) {
        return keys.holdParents(budgetId);
    }

    /**
     * Fails with PARENT_LIMIT_EXCEEDED naming a key that would have more than its team or organization, or a team or key that would have more than
     * an organization of this budget, or a parent that would hand out more than it has. In the transaction that has written the limits.
     */
    public Uni<Void> requireFit(String budgetId, LimitColumns before, LimitColumns after) {
        return requireKeysWithinParents(budgetId, changed(before, after))
                .chain(() -> requireAboveChildren(budgetId, after))
                .chain(() -> changesAllocation(before, after) ? requireRoom(budgetId) : done());
    }

    private Uni<Void> requireKeysWithinParents(String budgetId, LimitColumns asked) {
        return asked.isEmpty() ? done() : keys.requireWithinParents(budgetId, asked);
    }

    /** What is asked for, as in a change of a key: a lowered parent blocks no change of anything else. */
    private static LimitColumns changed(LimitColumns before, LimitColumns after) {
        var changed = new LimitColumns();
        changed.maxBudgetNano = ifChanged(before.maxBudgetNano, after.maxBudgetNano);
        changed.tpmLimit = ifChanged(before.tpmLimit, after.tpmLimit);
        changed.rpmLimit = ifChanged(before.rpmLimit, after.rpmLimit);
        changed.maxParallelRequests = ifChanged(before.maxParallelRequests, after.maxParallelRequests);
        return changed;
    }

    private static <T> T ifChanged(T before, T after) {
        return Objects.equals(before, after) ? null : after;
    }

    /** One organization that has been overtaken is enough: looking at it closely says by what. */
    private Uni<Void> requireAboveChildren(String budgetId, LimitColumns limits) {
        return Panache.getSession()
                .flatMap(session -> session.createNativeQuery(OVERTAKEN, Organization.class)
                        .setParameter("budget", budgetId)
                        .getSingleResultOrNull())
                .flatMap(organization -> organization == null
                        ? done()
                        : children.requireBelow(ParentLimits.of(organization, new BudgetTerms(budgetId, limits))));
    }

    private static boolean changesAllocation(LimitColumns before, LimitColumns after) {
        return !Objects.equals(before.maxBudgetNano, after.maxBudgetNano)
                || !Objects.equals(before.budgetDuration, after.budgetDuration);
    }

    private Uni<Void> requireRoom(String budgetId) {
        return organizations(budgetId).flatMap(organizations -> keys.requireRoom(budgetId, organizations));
    }

    private static Uni<List<String>> organizations(String budgetId) {
        return Panache.getSession().flatMap(session -> session.createNativeQuery(ORGANIZATIONS, String.class)
                .setParameter("budget", budgetId)
                .getResultList());
    }

    private static Uni<Void> done() {
        return Uni.createFrom().voidItem();
    }
}
