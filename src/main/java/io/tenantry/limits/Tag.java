package io.tenantry.limits;

import io.quarkus.hibernate.reactive.panache.PanacheEntityBase;
import io.tenantry.core.ResourceKind;
import io.tenantry.core.ResourceRef;
import jakarta.persistence.Column;
import jakarta.persistence.Entity;
import jakarta.persistence.Id;
import jakarta.persistence.Table;
import java.time.Instant;

/** A name under which use is reported, with a budget for all of it. Requests may carry any text; a row is only needed for a budget. */
@Entity
@Table(name = "tag")
public class Tag extends PanacheEntityBase {

    @Id
    public String name;

    public String description;

    @Column(name = "budget_id")
    public String budgetId;

    @Column(name = "created_at", updatable = false)
    public Instant createdAt;

    @Column(name = "created_by", updatable = false)
    public String createdBy;

    /** Kept by a trigger, so it is read back after a change. */
    @Column(name = "updated_at", updatable = false)
    public Instant updatedAt;

    @Column(name = "updated_by")
    public String updatedBy;

    ResourceRef ref() {
        return new ResourceRef(ResourceKind.TAG, name);
    }
}
