package io.tenantry.identity;

import io.smallrye.mutiny.Uni;
import java.util.List;

/** Finds, and where configured makes, what a token speaks of. For {@link Tokens}. */
public interface TokenSubjects {

    /** What a token names. Any of it may be null or empty. */
    record Named(String userId, String email, List<String> teamIds, String organizationId) {}

    /**
     * What of it is known here.
     *
     * @param userId               the stored user's id, null when none was found
     * @param userRole             the stored user's global role
     * @param userBlocked          whether the user is blocked
     * @param teams                those of the named teams that exist
     * @param organizationExists   whether the named organization does
     * @param organizationBlocked  whether it is blocked
     * @param memberOfAll          whether the user is a member of all those teams and of that organization
     */
    record Known(
            String userId,
            String userRole,
            boolean userBlocked,
            List<KnownTeam> teams,
            boolean organizationExists,
            boolean organizationBlocked,
            boolean memberOfAll) {}

    /** @param blocked whether it or its organization is */
    record KnownTeam(String teamId, String organizationId, boolean blocked) {}

    Uni<Known> find(Named named);

    /** Makes the user, who is not known yet, as an ordinary one. Repeating it changes nothing. */
    Uni<Void> makeUser(Named named);

    /** Makes the user a plain member of those teams and of the organization, as far as it is none yet. */
    Uni<Void> join(String userId, List<String> teamIds, String organizationId);
}
