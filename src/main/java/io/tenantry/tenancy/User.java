package io.tenantry.tenancy;

import io.quarkus.hibernate.reactive.panache.PanacheEntityBase;
import io.tenantry.core.ResourceKind;
import io.tenantry.core.ResourceRef;
import jakarta.persistence.Column;
import jakarta.persistence.Embedded;
import jakarta.persistence.Entity;
import jakarta.persistence.Id;
import jakarta.persistence.Table;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.hibernate.annotations.JdbcTypeCode;
import org.hibernate.type.SqlTypes;

/** A person or a machine account. Belongs to no tenant by itself: memberships say where it has which role. */
@Entity
@Table(name = "app_user")
public class User extends PanacheEntityBase {

    @Id
    @Column(name = "user_id")
    public String userId;

    @Column(name = "user_email")
    public String userEmail;

    @Column(name = "user_alias")
    public String userAlias;

    @Column(name = "sso_user_id")
    public String ssoUserId;

    @Column(name = "user_role")
    public String userRole;

    @JdbcTypeCode(SqlTypes.ARRAY)
    public List<String> models = List.of();

    @Embedded
    public LimitColumns limits = new LimitColumns();

    public boolean blocked;

    @JdbcTypeCode(SqlTypes.JSON)
    public Map<String, Object> metadata = new HashMap<>();

    @Column(name = "object_permission_id")
    public String objectPermissionId;

    /** Where the models that this user's keys call must run; null is anywhere. */
    @Column(name = "allowed_model_region")
    public String allowedModelRegion;

    /** The largest prompt of a request; null is any. */
    @Column(name = "allowed_model_max_input_tokens")
    public Long allowedModelMaxInputTokens;

    /** The longest answer that a request may ask for; null is any. */
    @Column(name = "allowed_model_max_output_tokens")
    public Long allowedModelMaxOutputTokens;

    /** Taken by a trigger with every change. Mapped because a native query's entity must know all selected columns. */
    @Column(insertable = false, updatable = false)
    public Long version;

    @Column(name = "created_at")
    public Instant createdAt;

    @Column(name = "created_by")
    public String createdBy;

    @Column(name = "updated_at")
    public Instant updatedAt;

    @Column(name = "updated_by")
    public String updatedBy;

    /** The embedded limits; Hibernate reads an embeddable whose columns are all null as null. */
    LimitColumns limitsOrNone() {
        return limits == null ? new LimitColumns() : limits;
    }

    ResourceRef ref() {
        return new ResourceRef(ResourceKind.USER, userId);
    }
}
