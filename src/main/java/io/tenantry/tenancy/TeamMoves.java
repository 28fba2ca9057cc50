package io.tenantry.tenancy;

import io.quarkus.hibernate.reactive.panache.Panache;
import io.smallrye.mutiny.Uni;
import io.tenantry.audit.AuditAction;
import io.tenantry.audit.AuditTrail;
import io.tenantry.core.Problem;
import io.tenantry.core.ProblemCode;
import io.tenantry.core.ResourceKind;
import io.tenantry.core.ResourceRef;
import io.tenantry.identity.Scope;
import io.tenantry.tenancy.TeamPlaces.Place;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.List;
import java.util.Map;

/** A team's move into another organization, or out of one. Team and destination are locked. */
@ApplicationScoped
class TeamMoves {

    private static final String STRANGERS = """
            select m.user_id from team_membership m
            where m.team_id = :team
              and not exists (select from organization_membership o where o.organization_id = :organization and o.user_id = m.user_id)
            order by m.user_id""";

    private static final String ADMIT = """
            insert into organization_membership (organization_id, user_id, user_role)
            select :organization, u.id, 'internal_user' from unnest(cast(:users as text[])) as u (id)
            order by u.id
            on conflict do nothing
            returning user_id""";

    private final OwnedKeys keys;
    private final ChildLimits children;
    private final AuditTrail audit;

    TeamMoves(OwnedKeys keys, ChildLimits children, AuditTrail audit) {
        this.keys = keys;
        this.children = children;
        this.audit = audit;
    }

    /**
     * Moves the team with its members and keys. A proxy admin makes the members plain members of the destination; for others they have to be in it
     * (FORBIDDEN). Fails with PARENT_LIMIT_EXCEEDED for a key that has more than the destination.
     */
    Uni<Void> move(Scope scope, Place place) {
        var team = place.team();
        var organization = place.parent().organization();
        team.organizationId = organization == null ? null : organization.organizationId;
        return organization == null
                ? Uni.createFrom().voidItem()
                : children.requireKeysBelow(team, place.parent().limits())
                        .chain(() -> admitMembers(scope, team))
                        .chain(() -> keys.followTeam(team.teamId));
    }

    private Uni<Void> admitMembers(Scope scope, Team team) {
        return strangers(team).flatMap(strangers -> {
            if (strangers.isEmpty()) {
                return Uni.createFrom().voidItem();
            }
            if (!scope.boundary().everything()) {
                throw Problem.of(ProblemCode.FORBIDDEN)
                        .param("organization_id")
                        .detail(
                                "Not allowed: member '%s' of team '%s' is not in organization '%s'; add all members to it first",
                                strangers.get(0), team.teamId, team.organizationId);
            }
            return admit(team, strangers);
        });
    }

    private static Uni<List<String>> strangers(Team team) {
        return Panache.getSession().flatMap(session -> session.createNativeQuery(STRANGERS, String.class)
                .setParameter("team", team.teamId)
                .setParameter("organization", team.organizationId)
                .getResultList());
    }

    private Uni<Void> admit(Team team, List<String> users) {
        return Panache.getSession()
                .flatMap(session -> session.createNativeQuery(ADMIT, String.class)
                        .setParameter("organization", team.organizationId)
                        .setParameter("users", users.toArray(String[]::new))
                        .getResultList())
                .flatMap(added -> audit.recordAll(
                        added.stream().map(user -> admitted(team, user)).toList()));
    }

    private static AuditTrail.Entry admitted(Team team, String user) {
        var member = ResourceRef.member(ResourceKind.ORGANIZATION_MEMBER, team.organizationId, user);
        return new AuditTrail.Entry(
                AuditAction.CREATED,
                member,
                team.organizationId,
                null,
                Map.of("organization_id", team.organizationId, "user_id", user, "user_role", "internal_user"));
    }
}
