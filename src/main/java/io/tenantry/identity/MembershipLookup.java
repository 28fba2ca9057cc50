package io.tenantry.identity;

import io.smallrye.mutiny.Uni;
import java.util.List;

/** Finds a user's roles for {@link Authorizer}. */
public interface MembershipLookup {

    /**
     * @param role        {@code org_admin}, {@code internal_user} or {@code internal_user_viewer}
     * @param permissions management routes that the organization grants to its plain members
     */
    record InOrganization(String organizationId, String role, List<String> permissions) {}

    /**
     * @param role        {@code admin} or {@code user}
     * @param permissions management routes that the team, or its organization, grants to its plain members
     */
    record InTeam(String teamId, String role, List<String> permissions) {}

    record Memberships(List<InOrganization> organizations, List<InTeam> teams) {

        public static final Memberships NONE = new Memberships(List.of(), List.of());
    }

    Uni<Memberships> of(String userId);
}
