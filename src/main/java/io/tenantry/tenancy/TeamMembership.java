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
import java.util.List;
import org.hibernate.annotations.JdbcTypeCode;
import org.hibernate.type.SqlTypes;

/** A user's role in a team, and the member's own budget and models where they differ from the team's defaults. */
@Entity
@IdClass(TeamMembership.Pair.class)
@Table(name = "team_membership")
public class TeamMembership extends PanacheEntityBase {

    /** The two ids that make one membership. */
    public record Pair(String teamId, String userId) implements Serializable {}

    @Id
    @Column(name = "team_id")
    public String teamId;

    @Id
    @Column(name = "user_id")
    public String userId;

    public String role;

    /** Null: the member follows the team's default. */
    @Column(name = "budget_id")
    public String budgetId;

    @JdbcTypeCode(SqlTypes.ARRAY)
    public List<String> models = List.of();

    /** What the member may spend beyond its cap until {@link #tempBudgetExpiresAt}; null for nothing. */
    @Column(name = "temp_budget_increase_nano")
    public Long tempBudgetIncreaseNano;

    @Column(name = "temp_budget_expires_at")
    public Instant tempBudgetExpiresAt;

    @Column(name = "created_at")
    public Instant createdAt;

    @Column(name = "updated_at")
    public Instant updatedAt;

    ResourceRef ref() {
        return ResourceRef.member(ResourceKind.TEAM_MEMBER, teamId, userId);
    }

    /** The id under which spend of this member is booked. */
    String spendId() {
        return ref().id();
    }
}
