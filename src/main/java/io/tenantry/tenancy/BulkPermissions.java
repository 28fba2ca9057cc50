package io.tenantry.tenancy;

import io.quarkus.hibernate.reactive.panache.Panache;
import io.smallrye.mutiny.Uni;
import io.tenantry.audit.AuditAction;
import io.tenantry.audit.AuditTrail;
import io.tenantry.identity.Scope;
import io.tenantry.platform.change.Changes;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * Adds permissions of plain members to many teams. Named teams are changed together; all teams in chunks, each with its own transaction: adding twice
 * changes nothing, so a call that broke off is simply made again.
 */
@ApplicationScoped
class BulkPermissions {

    private static final int CHUNK = 500;

    private static final String NEXT = """
            select t.* from team t where t.team_id > :after and not t.member_permissions @> cast(:permissions as text[])
            order by t.team_id limit :most for no key update""";

    private final Changes changes;
    private final AuditTrail audit;
    private final TeamPlaces places;

    BulkPermissions(Changes changes, AuditTrail audit, TeamPlaces places) {
        this.changes = changes;
        this.audit = audit;
        this.places = places;
    }

    /** Fails with NOT_FOUND naming the first team that does not exist; none is changed then. */
    Uni<BulkPermissionsView> add(Scope scope, BulkPermissionsRequest request) {
        var permissions = request.known();
        var named = request.named();
        var changed = request.toAll()
                ? addToAll(scope, permissions, "", 0)
                : changes.inTransaction(() -> places.lockAll(scope, named)
                                .map(teams -> teams.stream()
                                        .filter(team -> !team.memberPermissions.containsAll(permissions))
                                        .toList())
                                .flatMap(teams -> add(scope, permissions, teams)))
                        .map(teams -> (long) teams.size());
        return changed.map(count -> BulkPermissionsView.of(count, permissions));
    }

    private Uni<Long> addToAll(Scope scope, List<String> permissions, String after, long before) {
        return changes.inTransaction(() -> next(permissions, after).flatMap(teams -> add(scope, permissions, teams)))
                .flatMap(teams -> teams.size() < CHUNK
                        ? Uni.createFrom().item(before + teams.size())
                        : addToAll(scope, permissions, teams.get(CHUNK - 1).teamId, before + CHUNK));
    }

    private static Uni<List<Team>> next(List<String> permissions, String after) {
        return Panache.getSession().flatMap(session -> session.createNativeQuery(NEXT, Team.class)
                .setParameter("after", after)
                .setParameter("permissions", TeamRepository.texts(permissions))
                .setParameter("most", CHUNK)
                .getResultList());
    }

    private Uni<List<Team>> add(Scope scope, List<String> permissions, List<Team> teams) {
        var entries =
                teams.stream().map(team -> added(scope, permissions, team)).toList();
        return Panache.getSession()
                .flatMap(session -> session.flush())
                .chain(() -> audit.recordAll(entries))
                .replaceWith(teams);
    }

    private static AuditTrail.Entry added(Scope scope, List<String> permissions, Team team) {
        var before = view(team);
        team.memberPermissions = Stream.concat(team.memberPermissions.stream(), permissions.stream())
                .distinct()
                .sorted()
                .toList();
        team.updatedBy = scope.caller().actor();
        return new AuditTrail.Entry(AuditAction.UPDATED, team.ref(), team.organizationId, before, view(team));
    }

    private static Map<String, Object> view(Team team) {
        return Map.of("team_id", team.teamId, "team_member_permissions", team.memberPermissions);
    }
}
