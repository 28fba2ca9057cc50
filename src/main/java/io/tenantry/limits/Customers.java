package io.tenantry.limits;

import io.quarkus.hibernate.reactive.panache.Panache;
import io.smallrye.mutiny.Uni;
import io.tenantry.audit.AuditAction;
import io.tenantry.audit.AuditTrail;
import io.tenantry.core.Problem;
import io.tenantry.core.ProblemCode;
import io.tenantry.core.ResourceKind;
import io.tenantry.identity.Scope;
import io.tenantry.platform.change.Changes;
import io.tenantry.tenancy.ObjectPermissionRequest;
import io.tenantry.tenancy.OwnedPermissions;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.persistence.LockModeType;
import java.util.Collection;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** What changes customers. */
@ApplicationScoped
public class Customers {

    /** Those that are not there yet are made. In one order, so that two calls naming the same ones cannot wait for each other. */
    private static final String MAKE_MISSING = """
            insert into end_user (end_user_id, created_by, updated_by)
            select id, cast(:actor as text), cast(:actor as text) from unnest(cast(:ids as text[])) as missing(id) order by id on conflict do nothing""";

    private final Changes changes;
    private final AuditTrail audit;
    private final LinkedBudgets linked;
    private final OwnedPermissions permissions;
    private final CustomerReading reading;

    Customers(
            Changes changes,
            AuditTrail audit,
            LinkedBudgets linked,
            OwnedPermissions permissions,
            CustomerReading reading) {
        this.changes = changes;
        this.audit = audit;
        this.linked = linked;
        this.permissions = permissions;
        this.reading = reading;
    }

    /** Makes a customer. Fails with ALREADY_EXISTS for an id that is taken, with NOT_FOUND for a shared budget that does not exist. */
    Uni<Void> create(Scope scope, NewCustomerRequest request) {
        var customer = request.toCustomer(scope.caller().actor());
        var limits = request.limits();
        return changes.inTransaction(() -> requireFree(customer)
                .chain(() -> storePermission(customer, request.objectPermission()))
                .chain(() -> linked.create(
                        customer.ref(),
                        request.sharedBudgetOrNone(),
                        limits,
                        scope.caller().actor()))
                .call(budget -> {
                    customer.budgetId = budget == null ? null : budget.budgetId();
                    return customer.persistAndFlush();
                })
                .chain(() -> audited(customer))
                .flatMap(after -> audit.record(AuditAction.CREATED, customer.ref(), null, null, after)));
    }

    private static Uni<?> storePermission(Customer customer, ObjectPermissionRequest request) {
        if (request == null) {
            return Uni.createFrom().voidItem();
        }
        var permission = request.toPermission();
        customer.objectPermissionId = permission.objectPermissionId;
        return permission.persistAndFlush();
    }

    private static Uni<?> requireFree(Customer customer) {
        return Customer.<Customer>findById(customer.endUserId).invoke(taken -> {
            if (taken != null) {
                throw Problem.of(ProblemCode.ALREADY_EXISTS)
                        .param("user_id")
                        .detail("Customer '%s' already exists", customer.endUserId);
            }
        });
    }

    /** Changes a customer. Fails with NOT_FOUND. */
    Uni<Void> update(Scope scope, UpdateCustomerRequest request) {
        request.requireSupported();
        return changes.inTransaction(() -> lock(request.userId())
                .flatMap(customer -> audited(customer).flatMap(before -> change(scope, customer, request)
                        .chain(() -> audited(customer))
                        .flatMap(after -> audit.record(AuditAction.UPDATED, customer.ref(), null, before, after)))));
    }

    private static Uni<Customer> lock(String endUserId) {
        return Customer.<Customer>findById(endUserId, LockModeType.PESSIMISTIC_WRITE)
                .onItem()
                .ifNull()
                .failWith(() -> Problem.notFound(ResourceKind.END_USER, endUserId));
    }

    private Uni<Void> change(Scope scope, Customer customer, UpdateCustomerRequest request) {
        var actor = scope.caller().actor();
        return linked.change(customer.ref(), customer.budgetId, request.budgetId(), request.limits(), actor)
                .invoke(budget -> {
                    BudgetReset.require(request.budgetResetAt().orNull(), budget);
                    request.applyTo(customer, actor);
                    customer.budgetId = budget == null ? null : budget.budgetId();
                })
                .chain(() -> permissions.change(
                        customer.objectPermissionId,
                        request.objectPermission(),
                        id -> customer.objectPermissionId = id))
                .chain(() -> readBack(customer))
                .chain(() -> linked.deletePrivate(
                        ResourceKind.END_USER.label, List.of(customer.endUserId), customer.budgetId));
    }

    private static Uni<Void> readBack(Customer customer) {
        return Panache.getSession().flatMap(session -> session.flush().chain(() -> session.refresh(customer)));
    }

    /** Deletes all customers that are named; fails with NOT_FOUND and deletes none where one does not exist. */
    Uni<Integer> delete(Scope scope, List<String> endUserIds) {
        return changes.inTransaction(() -> lockAll(endUserIds)
                .invoke(found -> requireAll(endUserIds, found))
                .call(found ->
                        reading.audited(found).flatMap(before -> remove(found).chain(() -> record(before))))
                .map(List::size));
    }

    private Uni<Void> remove(List<Customer> customers) {
        var ids = customers.stream().map(customer -> customer.endUserId).toList();
        return Customer.delete("endUserId in ?1", ids)
                .chain(() -> linked.deletePrivate(ResourceKind.END_USER.label, ids, null))
                .chain(() -> permissions.delete(customers.stream()
                        .map(customer -> customer.objectPermissionId)
                        .toList()));
    }

    private Uni<Void> record(List<CustomerView> deleted) {
        return audit.recordAll(deleted.stream()
                .map(before ->
                        new AuditTrail.Entry(AuditAction.DELETED, Customer.ref(before.userId()), null, before, null))
                .toList());
    }

    private static Uni<List<Customer>> lockAll(Collection<String> endUserIds) {
        return Customer.<Customer>find("endUserId in ?1 order by endUserId", endUserIds)
                .withLock(LockModeType.PESSIMISTIC_WRITE)
                .list();
    }

    private static void requireAll(List<String> endUserIds, List<Customer> found) {
        var there = found.stream().map(customer -> customer.endUserId).collect(Collectors.toSet());
        endUserIds.stream().filter(id -> !there.contains(id)).findFirst().ifPresent(id -> {
            throw Problem.notFound(ResourceKind.END_USER, id).param("user_ids");
        });
    }

    /** Blocks customers; those that are not there are made, since a proxy may know somebody whom we do not. */
    Uni<Void> block(Scope scope, List<String> endUserIds) {
        var actor = scope.caller().actor();
        return changes.inTransaction(() -> Panache.getSession()
                .flatMap(session -> session.createNativeQuery(MAKE_MISSING)
                        .setParameter("actor", actor)
                        .setParameter("ids", endUserIds.toArray(String[]::new))
                        .executeUpdate())
                .chain(() -> lockAll(endUserIds))
                .flatMap(found -> switchBlock(found, true, AuditAction.BLOCKED, actor)));
    }

    /** Unblocks customers; fails with NOT_FOUND and unblocks none where one does not exist. */
    Uni<Void> unblock(Scope scope, List<String> endUserIds) {
        return changes.inTransaction(() -> lockAll(endUserIds)
                .invoke(found -> requireAll(endUserIds, found))
                .flatMap(found -> switchBlock(
                        found, false, AuditAction.UNBLOCKED, scope.caller().actor())));
    }

    /** Only a change is recorded. */
    private Uni<Void> switchBlock(List<Customer> found, boolean blocked, AuditAction action, String actor) {
        var switched =
                found.stream().filter(customer -> customer.blocked != blocked).toList();
        return reading.audited(switched).flatMap(before -> {
            switched.forEach(customer -> {
                customer.blocked = blocked;
                customer.updatedBy = actor;
            });
            return Panache.getSession()
                    .flatMap(session -> session.flush())
                    .chain(() -> reading.audited(switched))
                    .flatMap(after -> audit.recordAll(IntStream.range(0, after.size())
                            .mapToObj(i -> new AuditTrail.Entry(
                                    action, switched.get(i).ref(), null, before.get(i), after.get(i)))
                            .toList()));
        });
    }

    private Uni<CustomerView> audited(Customer customer) {
        return reading.audited(List.of(customer)).map(views -> views.get(0));
    }
}
