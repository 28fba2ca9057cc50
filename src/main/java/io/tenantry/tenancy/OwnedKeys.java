package io.tenantry.tenancy;

import io.smallrye.mutiny.Uni;
import io.tenantry.core.Saturating;
import java.util.Collection;
import java.util.Map;
import java.util.Optional;

/**
 * Keys, as the team or organization that they belong to changes or goes. Each call runs in the caller's session and transaction, after the
 * owner was locked.
 */
public interface OwnedKeys {

    /** Ends all keys of these teams: they are kept as deleted ones, with an audit entry each. */
    Uni<Void> endOfTeams(Collection<String> teamIds);

    /** Ends all keys of these users. */
    Uni<Void> endOfUsers(Collection<String> userIds);

    /** Ends the keys that one member has in a team. */
    Uni<Void> endOfTeamMember(String teamId, String userId);

    /** Ends the keys that belong to an organization and to no team. */
    Uni<Void> endOfOrganization(String organizationId);

    /** Ends the keys that one member has in an organization and in no team. */
    Uni<Void> endOfOrganizationMember(String organizationId, String userId);

    /** Lets the keys of a team belong to its organization: what one of them had named for itself does not count any more. */
    Uni<Void> followTeam(String teamId);

    /** How many keys each of these teams has, by team id; a team without is absent. */
    Uni<Map<String, Long>> countOfTeams(Collection<String> teamIds);

    /** A key that has more than a ceiling: its name for messages and the first field in which it does. */
    record Above(String name, String field, String value) {}

    /** A key of the team that has more than these limits leave, if there is one. */
    Uni<Optional<Above>> aboveInTeam(String teamId, LimitColumns ceiling);

    /** A key of the organization, in a team or not, that has more than these limits leave, if there is one. */
    Uni<Optional<Above>> aboveInOrganization(String organizationId, LimitColumns ceiling);

    /**
     * What keys may spend together.
     *
     * @param nano the sum of their caps
     * @param open the name of a key whose use the sum does not bound: without a cap, or with another period; null when all are bounded
     */
    record Allocated(long nano, String open) {}

    /**
     * What the keys of a team may spend together.
     *
     * @param period   the team's
     * @param exceptId a key that is left out, since it is about to be changed; null for none
     */
    Uni<Allocated> allocatedInTeam(String teamId, String period, String exceptId);

    /** As {@link #allocatedInTeam} for the keys that belong to an organization and to no team. */
    Uni<Allocated> allocatedInOrganization(String organizationId, String period, String exceptId);

    /**
     * What children have been promised.
     *
     * @param nano      the sum of the caps that are for ever or for the parent's period
     * @param children  how many children there are
     * @param unbounded how many of them have no such cap
     */
    record Promised(long nano, long children, long unbounded) {

        /** From a row of three numbers in this order. */
        public static Promised of(Object[] row) {
            return new Promised(
                    ((Number) row[0]).longValue(), ((Number) row[1]).longValue(), ((Number) row[2]).longValue());
        }

        Promised plus(Promised other) {
            return new Promised(
                    Saturating.add(nano, other.nano), children + other.children, unbounded + other.unbounded);
        }
    }

    /**
     * What the keys of a team have been promised.
     *
     * @param period the team's
     */
    Uni<Promised> promisedInTeam(String teamId, String period);

    /** As {@link #promisedInTeam} for the keys that belong to an organization and to no team. */
    Uni<Promised> promisedInOrganization(String organizationId, String period);
}
