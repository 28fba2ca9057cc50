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

/** A group of users that share limits, inside an organization or on its own. */
@Entity
@Table(name = "team")
public class Team extends PanacheEntityBase {

    @Id
    @Column(name = "team_id")
    public String teamId;

    @Column(name = "team_alias")
    public String teamAlias;

    @Column(name = "organization_id")
    public String organizationId;

    @JdbcTypeCode(SqlTypes.ARRAY)
    public List<String> models = List.of();

    /** Groups whose models are granted along with the list; with them, an empty list grants nothing more. */
    @JdbcTypeCode(SqlTypes.ARRAY)
    @Column(name = "access_group_ids")
    public List<String> accessGroupIds = List.of();

    @Embedded
    public LimitColumns limits = new LimitColumns();

    @JdbcTypeCode(SqlTypes.JSON)
    @Column(name = "model_rpm_limit")
    public Map<String, Long> modelRpmLimit = new HashMap<>();

    @JdbcTypeCode(SqlTypes.JSON)
    @Column(name = "model_tpm_limit")
    public Map<String, Long> modelTpmLimit = new HashMap<>();

    @JdbcTypeCode(SqlTypes.JSON)
    @Column(name = "model_aliases")
    public Map<String, Object> modelAliases = new HashMap<>();

    @JdbcTypeCode(SqlTypes.ARRAY)
    public List<String> guardrails = List.of();

    @JdbcTypeCode(SqlTypes.ARRAY)
    public List<String> tags = List.of();

    public boolean blocked;

    /** What a member without an own budget gets. */
    @Column(name = "member_budget_id")
    public String memberBudgetId;

    /** The models of a member that is added without any of its own; changing them changes nobody who is there. */
    @JdbcTypeCode(SqlTypes.ARRAY)
    @Column(name = "default_member_models")
    public List<String> defaultMemberModels = List.of();

    @JdbcTypeCode(SqlTypes.ARRAY)
    @Column(name = "member_permissions")
    public List<String> memberPermissions = List.of();

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

    /** The embedded limits; Hibernate reads an embeddable whose columns are all null as null. */
    LimitColumns limitsOrNone() {
        return limits == null ? new LimitColumns() : limits;
    }

    ResourceRef ref() {
        return new ResourceRef(ResourceKind.TEAM, teamId);
    }
}
