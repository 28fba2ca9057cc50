package io.tenantry.identity;

import io.tenantry.identity.Action.Reach;
import io.tenantry.identity.WalkedRoute.Target;
import java.util.StringJoiner;

/** The roles, and what {@link Action} says of each: the model that the walk compares the service with. */
enum WalkedRole {
    PROXY_ADMIN("proxy admin", null, null, false),
    VIEWER("proxy admin viewer", null, null, false),
    ORGANIZATION_ADMIN("organization admin", "org_admin", null, true),
    ORGANIZATION_MEMBER("organization member", "internal_user", null, true),
    TEAM_ADMIN("team admin", null, "admin", true),
    TEAM_MEMBER("team member", null, "user", true),
    INTERNAL_USER("user", null, null, true),
    INTERNAL_VIEWER("viewing user", null, null, true),
    TEAM_KEY("key of a team", null, "key", false),
    GATEWAY("gateway", null, null, false),
    NOBODY("nobody", null, null, false);

    /** How a call is met. */
    enum Outcome {
        /** Not stopped: done, or refused for what is asked and not for who asks. */
        THROUGH,
        UNAUTHENTICATED,
        FORBIDDEN,
        NOT_FOUND
    }

    final String title;
    final String inOrganization;
    final String inTeam;
    private final boolean hasUser;

    WalkedRole(String title, String inOrganization, String inTeam, boolean hasUser) {
        this.title = title;
        this.inOrganization = inOrganization;
        this.inTeam = inTeam;
        this.hasUser = hasUser;
    }

    /** Whether the role stands outside of all tenants. */
    boolean isOfThePlatform() {
        return this == PROXY_ADMIN || this == VIEWER;
    }

    Outcome expected(WalkedRoute route, boolean ownTenant) {
        if (this == NOBODY) {
            return Outcome.UNAUTHENTICATED;
        }
        if (route.isAdmission()) {
            return this == PROXY_ADMIN || this == GATEWAY ? Outcome.THROUGH : Outcome.FORBIDDEN;
        }
        if (this == PROXY_ADMIN || (this == VIEWER && route.action().viewer && route.target() != Target.MEMBERSHIP)) {
            return Outcome.THROUGH;
        }
        if (route.target() == Target.MEMBERSHIP && this != GATEWAY) {
            // a key without a user is told that it can be no member, whatever the team
            return this == TEAM_KEY || (ownTenant && inTeam != null) ? Outcome.THROUGH : Outcome.NOT_FOUND;
        }
        if (this == VIEWER || this == GATEWAY || !mayTry(route.action())) {
            return Outcome.FORBIDDEN;
        }
        if (route.target() == Target.NONE) {
            return Outcome.THROUGH;
        }
        if (route.target() == Target.OTHER) {
            return Outcome.FORBIDDEN;
        }
        if (ownTenant && holds(route.action(), route.target())) {
            return Outcome.THROUGH;
        }
        var seen = ownTenant && route.seenBy() != null && holds(route.seenBy(), route.target());
        return seen ? Outcome.FORBIDDEN : Outcome.NOT_FOUND;
    }

    private boolean mayTry(Action action) {
        var reaches = reachesOrganization(action) || reachesTeam(action) || reachesItself(action);
        var readOnly = this == INTERNAL_VIEWER || this == TEAM_KEY;
        if (readOnly && !action.isRead() || isAboutThePlatform(action)) {
            return false;
        }
        return reaches || action.isOpenToAll();
    }

    private static boolean isAboutThePlatform(Action action) {
        return action.organization == Reach.NOBODY && action.team == Reach.NOBODY && !action.own;
    }

    private boolean holds(Action action, Target target) {
        return reachesOrganization(action) || (target != Target.ORGANIZATION && reachesTeam(action));
    }

    boolean reachesOrganization(Action action) {
        return switch (action.organization) {
            case NOBODY -> false;
            case ADMINS, PERMITTED -> "org_admin".equals(inOrganization);
            case MEMBERS -> inOrganization != null;
        };
    }

    boolean reachesTeam(Action action) {
        return switch (action.team) {
            case NOBODY -> false;
            case ADMINS, PERMITTED -> "admin".equals(inTeam);
            case MEMBERS -> inTeam != null;
        };
    }

    boolean reachesItself(Action action) {
        return action.own && (hasUser || (this == TEAM_KEY && action.isRead()));
    }

    /** The cell of {@code docs/permissions.md}. */
    String cell(WalkedRoute route) {
        if (route.isAdmission()) {
            return this == PROXY_ADMIN || this == GATEWAY ? "yes" : "–";
        }
        var action = route.action();
        if (this == PROXY_ADMIN || (this == VIEWER && action.viewer)) {
            return "all";
        }
        if (this == VIEWER || this == GATEWAY || this == NOBODY || !(mayTry(action) || isGranted(action))) {
            return "–";
        }
        var cell = new StringJoiner(", ").setEmptyValue("–");
        if (reachesOrganization(action)) {
            cell.add("organization");
        }
        if (reachesTeam(action)) {
            cell.add("team");
        }
        if (reachesItself(action)) {
            cell.add("own");
        }
        if (isGranted(action)) {
            cell.add("if granted");
        }
        return cell.toString();
    }

    private boolean isGranted(Action action) {
        return (action.team == Reach.PERMITTED && "user".equals(inTeam))
                || (action.organization == Reach.PERMITTED && "internal_user".equals(inOrganization));
    }
}
