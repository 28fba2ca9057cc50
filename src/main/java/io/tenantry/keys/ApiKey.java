package io.tenantry.keys;

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
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.hibernate.annotations.Formula;
import org.hibernate.annotations.JdbcTypeCode;
import org.hibernate.type.SqlTypes;

/** A virtual key. Its id never changes; the secret, of which only the hash is known, is a credential of it. */
@Entity
@Table(name = "api_key")
public class ApiKey extends PanacheEntityBase {

    @Id
    @Column(name = "key_id")
    public UUID keyId;

    @Column(name = "secret_hash")
    public String secretHash;

    @Column(name = "key_name")
    public String keyName;

    @Column(name = "key_alias")
    public String keyAlias;

    @Column(name = "key_type")
    public String keyType;

    @Column(name = "user_id")
    public String userId;

    @Column(name = "team_id")
    public String teamId;

    /** Null for a key of a team that has an organization: the team's counts, also after it moved. */
    @Column(name = "organization_id")
    public String ownOrganizationId;

    /** The organization that the key belongs to, through its team or by itself. */
    @Formula("coalesce((select t.organization_id from team t where t.team_id = team_id), organization_id)")
    public String organizationId;

    @Column(name = "budget_id")
    public String budgetId;

    @JdbcTypeCode(SqlTypes.ARRAY)
    public List<String> models = List.of();

    /** Groups whose models are granted along with the list; with them, an empty list grants nothing more. */
    @JdbcTypeCode(SqlTypes.ARRAY)
    @Column(name = "access_group_ids")
    public List<String> accessGroupIds = List.of();

    @JdbcTypeCode(SqlTypes.JSON)
    public Map<String, Object> aliases = new HashMap<>();

    @Embedded
    public LimitColumns limits = new LimitColumns();

    @JdbcTypeCode(SqlTypes.JSON)
    @Column(name = "model_rpm_limit")
    public Map<String, Long> modelRpmLimit = new HashMap<>();

    @JdbcTypeCode(SqlTypes.JSON)
    @Column(name = "model_tpm_limit")
    public Map<String, Long> modelTpmLimit = new HashMap<>();

    @JdbcTypeCode(SqlTypes.ARRAY)
    @Column(name = "allowed_routes")
    public List<String> allowedRoutes = List.of();

    @JdbcTypeCode(SqlTypes.ARRAY)
    public List<String> guardrails = List.of();

    @JdbcTypeCode(SqlTypes.ARRAY)
    public List<String> tags = List.of();

    public boolean blocked;

    @Column(name = "expires_at")
    public Instant expiresAt;

    /** What is added to the cap until {@link #tempBudgetExpiresAt}; both are null when nothing is. */
    @Column(name = "temp_budget_increase_nano")
    public Long tempBudgetIncreaseNano;

    @Column(name = "temp_budget_expires_at")
    public Instant tempBudgetExpiresAt;

    @Column(name = "rotation_count")
    public int rotationCount;

    @Column(name = "last_rotation_at")
    public Instant lastRotationAt;

    @JdbcTypeCode(SqlTypes.JSON)
    public Map<String, Object> metadata = new HashMap<>();

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

    /** The embedded limits; Hibernate reads an embeddable whose columns are all null as null. */
    LimitColumns limitsOrNone() {
        return limits == null ? new LimitColumns() : limits;
    }

    /** Its terms as they are now, to compare with after a change. */
    ApiKey terms() {
        var terms = new ApiKey();
        terms.keyId = keyId;
        terms.keyAlias = keyAlias;
        terms.keyType = keyType;
        terms.userId = userId;
        terms.teamId = teamId;
        terms.ownOrganizationId = ownOrganizationId;
        terms.organizationId = organizationId;
        terms.budgetId = budgetId;
        terms.models = models;
        terms.accessGroupIds = accessGroupIds;
        terms.aliases = aliases;
        terms.limits = limitsOrNone();
        terms.modelRpmLimit = modelRpmLimit;
        terms.modelTpmLimit = modelTpmLimit;
        terms.allowedRoutes = allowedRoutes;
        terms.guardrails = guardrails;
        terms.tags = tags;
        terms.blocked = blocked;
        terms.expiresAt = expiresAt;
        terms.tempBudgetIncreaseNano = tempBudgetIncreaseNano;
        terms.tempBudgetExpiresAt = tempBudgetExpiresAt;
        terms.objectPermissionId = objectPermissionId;
        return terms;
    }

    /** What is added to the cap at this moment, in nano-dollars. */
    long temporaryIncrease(Instant now) {
        return tempBudgetExpiresAt != null && tempBudgetExpiresAt.isAfter(now) ? tempBudgetIncreaseNano : 0;
    }

    String id() {
        return keyId.toString();
    }

    ResourceRef ref() {
        return new ResourceRef(ResourceKind.KEY, id());
    }
}
