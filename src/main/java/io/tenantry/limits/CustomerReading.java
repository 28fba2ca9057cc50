package io.tenantry.limits;

import io.quarkus.hibernate.reactive.panache.Panache;
import io.smallrye.mutiny.Uni;
import io.tenantry.core.NanoUsd;
import io.tenantry.core.Problem;
import io.tenantry.core.ResourceKind;
import io.tenantry.identity.Scope;
import io.tenantry.tenancy.BudgetDirectory;
import io.tenantry.tenancy.BudgetDirectory.BudgetTerms;
import io.tenantry.tenancy.SpendLookup;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/** Answers questions about customers. They belong to no tenant: a scope with this right reaches all of them. */
@ApplicationScoped
class CustomerReading {

    /** The list has no pages; it ends here. */
    static final int MOST_CUSTOMERS = 1_000;

    private final BudgetDirectory budgets;
    private final SpendLookup spend;

    CustomerReading(BudgetDirectory budgets, SpendLookup spend) {
        this.budgets = budgets;
        this.spend = spend;
    }

    private record WithBudgets(List<Customer> customers, Map<String, BudgetTerms> budgets) {

        BudgetTerms budget(Customer customer) {
            return customer.budgetId == null ? null : budgets.get(customer.budgetId);
        }

        SpendLookup.Scope scope(Customer customer) {
            var budget = budget(customer);
            return new SpendLookup.Scope(customer.endUserId, budget == null ? null : budget.limits().budgetDuration);
        }
    }

    /** One customer; fails with NOT_FOUND. */
    Uni<CustomerView> info(Scope scope, String endUserId) {
        return of(scope, List.of(endUserId)).map(found -> {
            if (found.isEmpty()) {
                throw Problem.notFound(ResourceKind.END_USER, endUserId).param("end_user_id");
            }
            return found.get(0);
        });
    }

    /** Those of these customers that exist. */
    Uni<List<CustomerView>> of(Scope scope, Collection<String> endUserIds) {
        return Panache.withSession(() -> Customer.<Customer>list("endUserId in ?1 order by endUserId", endUserIds)
                        .flatMap(this::withBudgets))
                .flatMap(this::views);
    }

    /** The customers, newest first, {@value #MOST_CUSTOMERS} at most. */
    Uni<List<CustomerView>> list(Scope scope) {
        return Panache.withSession(() -> Customer.<Customer>find("order by createdAt desc, endUserId")
                        .page(0, MOST_CUSTOMERS)
                        .list()
                        .flatMap(this::withBudgets))
                .flatMap(this::views);
    }

    private Uni<WithBudgets> withBudgets(List<Customer> customers) {
        var ids = customers.stream()
                .map(customer -> customer.budgetId)
                .filter(Objects::nonNull)
                .distinct()
                .toList();
        return budgets.byIds(ids).map(terms -> new WithBudgets(customers, terms));
    }

    /** Spend is asked for after the session has given its connection back. */
    private Uni<List<CustomerView>> views(WithBudgets found) {
        return spend.current(
                        ResourceKind.END_USER,
                        found.customers().stream().map(found::scope).toList())
                .map(spent -> found.customers().stream()
                        .map(customer -> CustomerView.of(
                                customer, found.budget(customer), spent.getOrDefault(customer.endUserId, NanoUsd.ZERO)))
                        .toList());
    }
}
