package io.tenantry.tenancy;

import io.quarkus.hibernate.reactive.panache.PanacheEntityBase;
import io.tenantry.core.ResourceKind;
import io.tenantry.core.ResourceRef;
import jakarta.persistence.Column;
import jakarta.persistence.Entity;
import jakarta.persistence.Id;
import jakarta.persistence.IdClass;
import jakarta.persistence.Table;
import java.io.Serializable;
import java.time.Instant;

/** A user's role in an organization, and what the user may spend there. */
@Entity
@IdClass(OrganizationMembership.Pair.class)
@Table(name = "organization_membership")
public class OrganizationMembership extends PanacheEntityBase {

    /** The two ids that make one membership. */
    public record Pair(String organizationId, String userId) implements Serializable {}

    @Id
    @Column(name = "organization_id")
    public String organizationId;

    @Id
    @Column(name = "user_id")
    public String userId;

    @Column(name = "user_role")
    public String userRole;

    @Column(name = "budget_id")
    public String budgetId;

    @Column(name = "created_at")
    public Instant createdAt;

    @Column(name = "updated_at")
    public Instant updatedAt;

    ResourceRef ref() {
        return ResourceRef.member(ResourceKind.ORGANIZATION_MEMBER, organizationId, userId);
    }
}
