package io.tenantry.limits;

import io.quarkus.hibernate.reactive.panache.Panache;
import io.smallrye.mutiny.Uni;
import io.tenantry.core.NanoUsd;
import io.tenantry.core.Problem;
import io.tenantry.core.ResourceKind;
import io.tenantry.identity.Scope;
import io.tenantry.platform.database.ReadSession;
import io.tenantry.tenancy.BudgetDirectory;
import io.tenantry.tenancy.BudgetDirectory.BudgetTerms;
import io.tenantry.tenancy.ObjectPermission;
import io.tenantry.tenancy.SpendLookup;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Function;
import java.util.stream.Collectors;

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

    private record Gathered(
            List<Customer> customers, Map<String, BudgetTerms> budgets, Map<String, ObjectPermission> permissions) {

        BudgetTerms budget(Customer customer) {
            return customer.budgetId == null ? null : budgets.get(customer.budgetId);
        }

        SpendLookup.Scope scope(Customer customer) {
            var budget = budget(customer);
            return SpendLookup.Scope.of(customer.endUserId, budget);
        }

        List<CustomerView> views(Map<String, NanoUsd> spent) {
            return customers.stream()
                    .map(customer -> CustomerView.of(
                            customer,
                            budget(customer),
                            customer.objectPermissionId == null ? null : permissions.get(customer.objectPermissionId),
                            spent.getOrDefault(customer.endUserId, NanoUsd.ZERO)))
                    .toList();
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
                        .flatMap(this::gathered))
                .flatMap(this::views);
    }

    /** The customers, newest first, {@value #MOST_CUSTOMERS} at most. */
    Uni<List<CustomerView>> list(Scope scope) {
        return ReadSession.with(() -> Customer.<Customer>find("order by createdAt desc, endUserId")
                        .page(0, MOST_CUSTOMERS)
                        .list()
                        .flatMap(this::gathered))
                .flatMap(this::views);
    }

    /** What an audit entry keeps of these, in the caller's session: everything but the spend, which no change here changes. */
    Uni<List<CustomerView>> audited(List<Customer> customers) {
        return gathered(customers).map(found -> found.views(Map.of()));
    }

    private Uni<Gathered> gathered(List<Customer> customers) {
        return budgets.byIds(distinct(customers, customer -> customer.budgetId))
                .flatMap(terms -> permissions(distinct(customers, customer -> customer.objectPermissionId))
                        .map(permissions -> new Gathered(customers, terms, permissions)));
    }

    private static Uni<Map<String, ObjectPermission>> permissions(List<String> ids) {
        return ids.isEmpty()
                ? Uni.createFrom().item(Map.of())
                : ObjectPermission.<ObjectPermission>list("objectPermissionId in ?1", ids)
                        .map(found -> found.stream()
                                .collect(Collectors.toMap(one -> one.objectPermissionId, Function.identity())));
    }

    private static List<String> distinct(List<Customer> customers, Function<Customer, String> id) {
        return customers.stream().map(id).filter(Objects::nonNull).distinct().toList();
    }

    /** Spend is asked for after the session has given its connection back. */
    private Uni<List<CustomerView>> views(Gathered found) {
        return spend.current(
                        ResourceKind.END_USER,
                        found.customers().stream().map(found::scope).toList())
                .map(found::views);
    }
}
