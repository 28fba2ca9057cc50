package io.tenantry.identity;

import io.smallrye.mutiny.Uni;
import io.tenantry.core.Caller;
import io.tenantry.core.Problem;
import io.tenantry.core.ProblemCode;
import io.tenantry.core.Role;
import io.tenantry.identity.Action.Reach;
import io.tenantry.identity.MembershipLookup.InOrganization;
import io.tenantry.identity.MembershipLookup.InTeam;
import io.tenantry.identity.MembershipLookup.Memberships;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * The one place that decides who may do what. It answers with a {@link Scope}: what lies outside its boundary does not exist for this
 * caller, in the same words as something that never existed. A caller who may not do the thing anywhere gets 403.
 */
@ApplicationScoped
public class Authorizer {

    private final CurrentCaller current;
    private final MembershipLookup memberships;

    Authorizer(CurrentCaller current, MembershipLookup memberships) {
        this.current = current;
        this.memberships = memberships;
    }

    /** The caller's reach with this action; fails with FORBIDDEN where it has none. */
    public Uni<Scope> require(Action action) {
        var caller = current.get();
        if (caller.isAdmin() || (action.viewer && caller.role() == Role.PROXY_ADMIN_VIEWER)) {
            return Uni.createFrom().item(new Scope(action, caller, Boundary.EVERYTHING));
        }
        if (!mayAct(caller, action)) {
            return Uni.createFrom().failure(forbidden(action, caller));
        }
        return membershipsOf(caller).map(found -> scope(action, caller, found));
    }

    private static boolean mayAct(Caller caller, Action action) {
        return switch (caller.role()) {
            case GATEWAY, PROXY_ADMIN_VIEWER -> false;
            case INTERNAL_USER_VIEWER, KEY_ONLY -> action.isRead();
            default -> true;
        };
    }

    private Uni<Memberships> membershipsOf(Caller caller) {
        return caller.userId() == null ? Uni.createFrom().item(Memberships.NONE) : memberships.of(caller.userId());
    }

    private static Scope scope(Action action, Caller caller, Memberships found) {
        var boundary = new Boundary(
                false,
                organizations(action, found),
                teams(action, caller, found),
                action.own ? caller.userId() : null,
                action.isRead() && action.own ? caller.keyId() : null);
        if (boundary.isEmpty() && !action.isOpenToAll()) {
            throw forbidden(action, caller);
        }
        return new Scope(action, caller, boundary);
    }

    private static Set<String> organizations(Action action, Memberships found) {
        return found.organizations().stream()
                .filter(membership -> reaches(action, membership))
                .map(InOrganization::organizationId)
                .collect(Collectors.toUnmodifiableSet());
    }

    private static boolean reaches(Action action, InOrganization membership) {
        return switch (action.organization) {
            case NOBODY -> false;
            case ADMINS -> "org_admin".equals(membership.role());
            case PERMITTED ->
                "org_admin".equals(membership.role())
                        || membership.permissions().contains(action.route);
            case MEMBERS -> true;
        };
    }

    private static Set<String> teams(Action action, Caller caller, Memberships found) {
        if (caller.userId() == null) {
            // a key without a user belongs to its team and sees it
            return action.team == Reach.MEMBERS && caller.teamId() != null ? Set.of(caller.teamId()) : Set.of();
        }
        return found.teams().stream()
                .filter(membership -> reaches(action, membership))
                .map(InTeam::teamId)
                .collect(Collectors.toUnmodifiableSet());
    }

    private static boolean reaches(Action action, InTeam membership) {
        return switch (action.team) {
            case NOBODY -> false;
            case ADMINS -> "admin".equals(membership.role());
            case PERMITTED ->
                "admin".equals(membership.role()) || membership.permissions().contains(action.route);
            case MEMBERS -> true;
        };
    }

    private static Problem forbidden(Action action, Caller caller) {
        return Problem.of(ProblemCode.FORBIDDEN)
                .detail(
                        "Not allowed: %s needs a proxy admin or an admin of the organization or team concerned; your role is %s",
                        action.route, caller.role().wire);
    }
}
