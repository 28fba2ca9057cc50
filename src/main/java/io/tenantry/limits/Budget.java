package io.tenantry.limits;

import io.quarkus.hibernate.reactive.panache.PanacheEntityBase;
import io.tenantry.core.ResourceKind;
import io.tenantry.core.ResourceRef;
import io.tenantry.tenancy.LimitColumns;
import jakarta.persistence.Column;
import jakarta.persistence.Embedded;
import jakarta.persistence.Entity;
import jakarta.persistence.Id;
import jakarta.persistence.Table;
import java.time.Instant;

/** A cap and its period, shared by id, or private to one object and deleted with it. */
@Entity
@Table(name = "budget")
public class Budget extends PanacheEntityBase {

    @Id
    @Column(name = "budget_id")
    public String budgetId;

    /** Null together with {@link #ownerId}: shared. */
    @Column(name = "owner_kind")
    public String ownerKind;

    @Column(name = "owner_id")
    public String ownerId;

    @Embedded
    public LimitColumns limits = new LimitColumns();

    @Column(name = "created_at")
    public Instant createdAt;

    @Column(name = "created_by")
    public String createdBy;

    @Column(name = "updated_at")
    public Instant updatedAt;

    @Column(name = "updated_by")
    public String updatedBy;

    ResourceRef ref() {
        return ref(budgetId);
    }

    static ResourceRef ref(String budgetId) {
        return new ResourceRef(ResourceKind.BUDGET, budgetId);
    }

    boolean isShared() {
        return ownerKind == null;
    }

    /** The embedded limits; Hibernate reads an embeddable whose columns are all null as null. */
    LimitColumns limitsOrNone() {
        return limits == null ? new LimitColumns() : limits;
    }
}
