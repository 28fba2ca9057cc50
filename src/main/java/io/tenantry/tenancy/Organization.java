package io.tenantry.tenancy;

import io.quarkus.hibernate.reactive.panache.PanacheEntityBase;
import io.tenantry.core.ResourceKind;
import io.tenantry.core.ResourceRef;
import jakarta.persistence.Column;
import jakarta.persistence.Entity;
import jakarta.persistence.Id;
import jakarta.persistence.Table;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.hibernate.annotations.JdbcTypeCode;
import org.hibernate.type.SqlTypes;

/** A tenant: the outermost level that carries limits. They are in its budget, which is its own or shared by id. */
@Entity
@Table(name = "organization")
public class Organization extends PanacheEntityBase {

    @Id
    @Column(name = "organization_id")
    public String organizationId;

    @Column(name = "organization_alias")
    public String organizationAlias;

    @JdbcTypeCode(SqlTypes.ARRAY)
    public List<String> models = List.of();

    @Column(name = "budget_id")
    public String budgetId;

    @JdbcTypeCode(SqlTypes.JSON)
    @Column(name = "model_rpm_limit")
    public Map<String, Long> modelRpmLimit = new HashMap<>();

    @JdbcTypeCode(SqlTypes.JSON)
    @Column(name = "model_tpm_limit")
    public Map<String, Long> modelTpmLimit = new HashMap<>();

    @JdbcTypeCode(SqlTypes.ARRAY)
    public List<String> tags = List.of();

    public boolean blocked;

    /** Whether plain members make teams, of which they become the admins. */
    @Column(name = "members_may_create_teams")
    public boolean membersMayCreateTeams;

    /** Whether plain members make keys in the teams they belong to, whatever the team's own permissions say. */
    @Column(name = "members_may_create_keys")
    public boolean membersMayCreateKeys;

    /** Whether the caps of its teams and keys together stay within its own. */
    @Column(name = "strict_allocation")
    public boolean strictAllocation;

    @JdbcTypeCode(SqlTypes.JSON)
    public Map<String, Object> metadata = new HashMap<>();

    @Column(name = "object_permission_id")
    public String objectPermissionId;

    /** Taken by a trigger with every change. Mapped because a native query's entity must know all selected columns. */
    @Column(insertable = false, updatable = false)
    public Long version;

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
        return new ResourceRef(ResourceKind.ORGANIZATION, organizationId);
    }
}
