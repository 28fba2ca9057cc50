package io.tenantry.keys;

import io.quarkus.hibernate.reactive.panache.Panache;
import io.smallrye.mutiny.Uni;
import io.tenantry.core.Problem;
import io.tenantry.core.ProblemCode;
import io.tenantry.identity.Boundary;
import io.vertx.core.json.JsonArray;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.Set;

/**
 * Whoever gets a key's secret acts as the key's user. So an admin of a team or organization gets the secret of somebody else's key only where
 * that user has no rights beyond what the admin administers. Runs in the caller's transaction.
 */
@ApplicationScoped
class HolderRights {

    private static final String BEYOND = """
            select count(*) from app_user u
            where u.user_id = :user
              and (u.user_role in ('proxy_admin', 'proxy_admin_viewer')
                   or exists (select from organization_membership m
                              where m.user_id = u.user_id
                                and m.organization_id <> all(array(select jsonb_array_elements_text(cast(cast(:organizations as text) as jsonb)))))
                   or exists (select from team_membership m join team t using (team_id)
                              where m.user_id = u.user_id
                                and m.team_id <> all(array(select jsonb_array_elements_text(cast(cast(:teams as text) as jsonb))))
                                and (t.organization_id is null
                                     or t.organization_id <> all(array(select jsonb_array_elements_text(cast(cast(:organizations as text) as jsonb)))))))""";

    /** Fails with FORBIDDEN where the secret would give the caller more than the caller has. */
    Uni<Void> requireNoMoreThan(KeyReach reach, ApiKey key) {
        var caller = reach.acting().caller();
        if (!key.id().equals(caller.keyId())) {
            KeyRights.requireRoutes(caller.allowedRoutes(), key.allowedRoutes);
        }
        if (reach.everything() || (reach.isOwnOrNobodys(key) && !isGateway(key))) {
            return Uni.createFrom().voidItem();
        }
        if (isGateway(key) || !reach.administers(key)) {
            throw forbidden("only the key's user or an admin of its team or organization may rotate this key");
        }
        return rightsBeyond(key.userId, reach.administering().boundary())
                .invoke(HolderRights::requireNone)
                .replaceWithVoid();
    }

    private static boolean isGateway(ApiKey key) {
        return key.keyType.equals(KeyType.GATEWAY.wire);
    }

    private static Uni<Long> rightsBeyond(String userId, Boundary boundary) {
        return Panache.getSession().flatMap(session -> session.createNativeQuery(BEYOND, Long.class)
                .setParameter("user", userId)
                .setParameter("organizations", json(boundary.organizations()))
                .setParameter("teams", json(boundary.teams()))
                .getSingleResult());
    }

    private static String json(Set<String> ids) {
        return new JsonArray(ids.stream().toList()).encode();
    }

    private static void requireNone(long beyond) {
        if (beyond > 0) {
            throw forbidden(
                    "this key acts for a user with rights beyond yours; the user or a proxy admin can rotate it");
        }
    }

    private static Problem forbidden(String why) {
        return Problem.of(ProblemCode.FORBIDDEN).param("key").detail("Not allowed: %s", why);
    }
}
