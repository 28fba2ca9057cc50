package io.tenantry.limits;

import io.quarkus.hibernate.reactive.panache.PanacheEntityBase;
import io.tenantry.core.ResourceKind;
import io.tenantry.core.ResourceRef;
import jakarta.persistence.Column;
import jakarta.persistence.Entity;
import jakarta.persistence.Id;
import jakarta.persistence.Table;
import java.time.Instant;

/** An end user, on whose behalf a key's holder calls. It is known to proxies by any text, and only has a row if something is to be said of it. */
@Entity
@Table(name = "end_user")
public class Customer extends PanacheEntityBase {

    @Id
    @Column(name = "end_user_id")
    public String endUserId;

    public String alias;

    public boolean blocked;

    @Column(name = "allowed_model_region")
    public String allowedModelRegion;

    @Column(name = "default_model")
    public String defaultModel;

    @Column(name = "budget_id")
    public String budgetId;

    @Column(name = "object_permission_id")
    public String objectPermissionId;

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
        return ref(endUserId);
    }

    static ResourceRef ref(String endUserId) {
        return new ResourceRef(ResourceKind.END_USER, endUserId);
    }
}
