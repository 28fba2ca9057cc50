package io.tenantry.tenancy;

import io.smallrye.mutiny.Uni;
import io.tenantry.audit.AuditAction;
import io.tenantry.audit.AuditTrail;
import io.tenantry.core.NanoUsd;
import io.tenantry.core.Problem;
import io.tenantry.core.ProblemCode;
import io.tenantry.identity.Scope;
import io.tenantry.tenancy.NewUserRequest.InTeam;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;

/**
 * Makes users with their memberships, many at a time with a constant number of statements. No keys: thousands of secrets in one answer would be
 * lost or leaked together; {@code /key/generate} makes them one by one for whoever is to have them.
 */
@ApplicationScoped
class UserCreations {

    private final UserRows rows;
    private final ObjectPermissionRows permissions;
    private final OrganizationRoster organizationRoster;
    private final TeamRoster teamRoster;
    private final AuditTrail audit;
    private final UserDefaults defaults;

    UserCreations(
            UserRows rows,
            ObjectPermissionRows permissions,
            OrganizationRoster organizationRoster,
            TeamRoster teamRoster,
            AuditTrail audit,
            UserDefaults defaults) {
        this.rows = rows;
        this.permissions = permissions;
        this.organizationRoster = organizationRoster;
        this.teamRoster = teamRoster;
        this.audit = audit;
        this.defaults = defaults;
    }

    /** A user that is about to be made. */
    private record Planned(NewUserRequest request, User user, ObjectPermission permission) {}

    /**
     * Makes these users in the caller's transaction. Refused are, item by item: ALREADY_EXISTS for a taken name, NOT_FOUND for a team or organization
     * outside the scope, FORBIDDEN for what this caller may not give, INVALID_VALUE for what only single calls do.
     */
    Uni<List<Outcome<User>>> apply(Scope scope, List<Outcome<NewUserRequest>> items) {
        var planned = items.stream().map(item -> planned(scope, item)).toList();
        var users = done(planned).stream().map(Planned::user).toList();
        return rows.named(ids(users), emails(users), ssoIds(users))
                .flatMap(taken -> JoinablePlaces.of(scope.boundary(), requests(planned))
                        .map(places -> admitted(planned, new TakenNames(taken), places)))
                .flatMap(this::write);
    }

    private Outcome<Planned> planned(Scope scope, Outcome<NewUserRequest> item) {
        if (!item.isDone()) {
            return Outcome.refused(item.problem());
        }
        try {
            var request = item.done();
            requireBulk(request);
            request.requireNothingOfAKey();
            Users.requireMayCreate(scope, request);
            var user = request.toUser(scope.caller().actor(), defaults.of(request));
            var permission = request.objectPermission() == null
                    ? null
                    : request.objectPermission().toPermission();
            user.objectPermissionId = permission == null ? null : permission.objectPermissionId;
            return Outcome.of(new Planned(request, user, permission));
        } catch (Problem refused) {
            return Outcome.refused(refused);
        }
    }

    private static void requireBulk(NewUserRequest request) {
        if (Boolean.TRUE.equals(request.autoCreateKey()) || request.keyAlias() != null || request.duration() != null) {
            throw Problem.of(ProblemCode.INVALID_VALUE)
                    .param("auto_create_key")
                    .detail(
                            "Users made in bulk get no keys: leave out auto_create_key, key_alias and duration, and use /key/generate");
        }
        if (request.joinedTeams().stream().anyMatch(team -> team.maxBudgetInTeam() != null)) {
            throw Problem.of(ProblemCode.INVALID_VALUE)
                    .param("teams")
                    .detail("max_budget_in_team is not taken in bulk: use /team/bulk_member_add");
        }
    }

    private static List<Planned> done(List<Outcome<Planned>> planned) {
        return planned.stream().filter(Outcome::isDone).map(Outcome::done).toList();
    }

    private static List<NewUserRequest> requests(List<Outcome<Planned>> planned) {
        return done(planned).stream().map(Planned::request).toList();
    }

    private static Set<String> ids(List<User> users) {
        return names(users.stream().map(user -> user.userId).toList());
    }

    private static Set<String> emails(List<User> users) {
        return names(users.stream()
                .map(user -> user.userEmail)
                .filter(Objects::nonNull)
                .map(UpdateUserRequest::emailKey)
                .toList());
    }

    private static Set<String> ssoIds(List<User> users) {
        return names(users.stream()
                .map(user -> user.ssoUserId)
                .filter(Objects::nonNull)
                .toList());
    }

    private static Set<String> names(Collection<String> names) {
        return new HashSet<>(names);
    }

    private static List<Outcome<Planned>> admitted(
            List<Outcome<Planned>> planned, TakenNames names, JoinablePlaces places) {
        return planned.stream().map(item -> admitted(item, names, places)).toList();
    }

    private static Outcome<Planned> admitted(Outcome<Planned> item, TakenNames names, JoinablePlaces places) {
        if (!item.isDone()) {
            return item;
        }
        try {
            places.require(item.done().request());
            names.claim(item.done().user());
            return item;
        } catch (Problem refused) {
            return Outcome.refused(refused);
        }
    }

    private Uni<List<Outcome<User>>> write(List<Outcome<Planned>> planned) {
        var all = done(planned);
        return permissions
                .store(all.stream()
                        .map(Planned::permission)
                        .filter(Objects::nonNull)
                        .toList())
                .chain(() -> rows.insert(all.stream().map(Planned::user).toList()))
                .map(HashSet::new)
                .call(made -> giveBack(all, made))
                .call(made -> join(all.stream()
                        .filter(user -> made.contains(user.user().userId))
                        .toList()))
                .map(made -> planned.stream().map(item -> outcome(item, made)).toList());
    }

    /** Permissions of users whose name somebody else took while we were at it. */
    private Uni<Void> giveBack(List<Planned> all, Set<String> made) {
        return permissions.delete(all.stream()
                .filter(user -> user.permission() != null && !made.contains(user.user().userId))
                .map(user -> user.permission().objectPermissionId)
                .toList());
    }

    private static Outcome<User> outcome(Outcome<Planned> item, Set<String> made) {
        if (item.isDone() && !made.contains(item.done().user().userId)) {
            return Outcome.refused(UserNames.takenMeanwhile());
        }
        return item.map(Planned::user);
    }

    private Uni<Void> join(List<Planned> made) {
        return organizationRoster
                .add(inOrganizations(made))
                .chain(() -> teamRoster.add(inTeams(made)))
                .chain(() ->
                        audit.recordAll(made.stream().map(UserCreations::entry).toList()));
    }

    private static List<OrganizationRoster.Entry> inOrganizations(List<Planned> made) {
        var entries = new ArrayList<OrganizationRoster.Entry>();
        made.forEach(user -> user.request()
                .joinedOrganizations()
                .forEach(id ->
                        entries.add(new OrganizationRoster.Entry(id, user.user().userId, "internal_user", null))));
        return entries;
    }

    private static List<TeamRoster.Entry> inTeams(List<Planned> made) {
        var entries = new ArrayList<TeamRoster.Entry>();
        made.forEach(user -> user.request()
                .joinedTeams()
                .forEach(team -> entries.add(TeamRoster.Entry.of(team.teamId(), user.user().userId, team.userRole()))));
        return entries;
    }

    private static AuditTrail.Entry entry(Planned made) {
        var teams = made.request().joinedTeams().stream().map(InTeam::teamId).toList();
        return new AuditTrail.Entry(
                AuditAction.CREATED,
                made.user().ref(),
                Users.organizationOf(made.request()),
                null,
                UserView.of(made.user(), teams, NanoUsd.ZERO, null, made.permission()));
    }
}
