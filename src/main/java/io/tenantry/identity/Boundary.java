package io.tenantry.identity;

import java.util.Set;

/**
 * What a caller may reach with one action: everything, or what lies in one of these organizations, in one of these teams, or belongs to
 * this user, or is this very key.
 */
public record Boundary(boolean everything, Set<String> organizations, Set<String> teams, String userId, String keyId) {

    static final Boundary EVERYTHING = new Boundary(true, Set.of(), Set.of(), null, null);

    public Boundary {
        organizations = Set.copyOf(organizations);
        teams = Set.copyOf(teams);
    }

    boolean isEmpty() {
        return !everything && organizations.isEmpty() && teams.isEmpty() && userId == null && keyId == null;
    }

    public boolean holdsOrganization(String organizationId) {
        return everything || (organizationId != null && organizations.contains(organizationId));
    }

    public boolean holdsTeam(String teamId, String organizationId) {
        return holdsOrganization(organizationId) || (teamId != null && teams.contains(teamId));
    }

    public boolean holdsUser(String user) {
        return everything || (user != null && user.equals(userId));
    }

    /** An object that may have an organization, a team and a user of its own, such as a key or a booking. */
    public boolean holds(String organizationId, String teamId, String user) {
        return holdsTeam(teamId, organizationId) || holdsUser(user);
    }
}
