package io.tenantry.access;

import io.quarkus.hibernate.reactive.panache.PanacheEntityBase;
import io.tenantry.core.ResourceKind;
import io.tenantry.core.ResourceRef;
import jakarta.persistence.Column;
import jakarta.persistence.Entity;
import jakarta.persistence.Id;
import jakarta.persistence.Table;
import java.time.Instant;
import java.util.List;
import org.hibernate.annotations.JdbcTypeCode;
import org.hibernate.type.SqlTypes;

/**
 * Models under one name. A list of models that names the group allows its models, and so does one of a team or key that the group is assigned to.
 * What a group stands for is put in its place when a policy is read ({@code models_with_groups}); groups inside groups stand for nothing.
 */
@Entity
@Table(name = "access_group")
public class AccessGroup extends PanacheEntityBase {

    @Id
    @Column(name = "access_group_id")
    public String accessGroupId;

    @Column(name = "access_group_name")
    public String accessGroupName;

    public String description;

    @JdbcTypeCode(SqlTypes.ARRAY)
    public List<String> models = List.of();

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
        return new ResourceRef(ResourceKind.ACCESS_GROUP, accessGroupId);
    }
}
