package io.tenantry.tenancy;

import static io.tenantry.tenancy.TeamRepository.texts;

import io.quarkus.hibernate.reactive.panache.Panache;
import io.smallrye.mutiny.Uni;
import io.tenantry.identity.Boundary;
import java.util.Objects;

/** Whether a user is a member of something within a boundary: one statement, whether or not there is such a user. */
final class UserReach {

    private static final String MEMBER = """
            select u.user_id from app_user u
            where u.user_id = :user
              and (exists (select from organization_membership m
                           where m.user_id = u.user_id and m.organization_id = any(cast(:organizations as text[])))
                   or exists (select from team_membership m join team t on t.team_id = m.team_id
                              where m.user_id = u.user_id and (t.team_id = any(cast(:teams as text[]))
                                                               or t.organization_id = any(cast(:organizations as text[])))))""";

    private UserReach() {}

    /** In the caller's session. */
    static Uni<Boolean> holds(Boundary boundary, String userId) {
        return Panache.getSession()
                .flatMap(session -> session.createNativeQuery(MEMBER, String.class)
                        .setParameter("user", userId)
                        .setParameter("organizations", texts(boundary.organizations()))
                        .setParameter("teams", texts(boundary.teams()))
                        .getSingleResultOrNull())
                .map(Objects::nonNull);
    }
}
