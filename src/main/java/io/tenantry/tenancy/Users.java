package io.tenantry.tenancy;

import static java.util.stream.Collectors.toMap;

import io.quarkus.hibernate.reactive.panache.Panache;
import io.smallrye.mutiny.Uni;
import io.tenantry.audit.AuditAction;
import io.tenantry.audit.AuditTrail;
import io.tenantry.core.NanoUsd;
import io.tenantry.core.Problem;
import io.tenantry.core.ProblemCode;
import io.tenantry.core.ResourceKind;
import io.tenantry.identity.Scope;
import io.tenantry.platform.change.Changes;
import io.tenantry.tenancy.BudgetDirectory.Owner;
import io.tenantry.tenancy.NewUserRequest.InTeam;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** What changes users. Each change commits with its audit entries or not at all. */
@ApplicationScoped
public class Users {

    private static final String SAME_NAMES = """
            select * from app_user
            where user_id = :id or lower(user_email) = lower(cast(:email as text)) or sso_user_id = cast(:sso as text)""";

    private final Changes changes;
    private final AuditTrail audit;
    private final TeamRoster teamRoster;
    private final OrganizationRoster organizationRoster;
    private final BudgetDirectory budgets;
    private final MemberDefaults memberDefaults;
    private final KeyDirectory keys;
    private final UserUpdates updates;
    private final UserDetails details;
    private final UserDefaults defaults;

    Users(
            Changes changes,
            AuditTrail audit,
            TeamRoster teamRoster,
            OrganizationRoster organizationRoster,
            BudgetDirectory budgets,
            MemberDefaults memberDefaults,
            KeyDirectory keys,
            UserUpdates updates,
            UserDetails details,
            UserDefaults defaults) {
        this.changes = changes;
        this.audit = audit;
        this.teamRoster = teamRoster;
        this.organizationRoster = organizationRoster;
        this.budgets = budgets;
        this.memberDefaults = memberDefaults;
        this.keys = keys;
        this.updates = updates;
        this.details = details;
        this.defaults = defaults;
    }

    /**
     * Makes a user with its memberships and, unless told otherwise, a key; all of it or nothing. Fails with ALREADY_EXISTS for an id, an address or an
     * SSO id that is taken, with NOT_FOUND for a team or organization outside the scope, with FORBIDDEN when the caller may not give that role.
     */
    public Uni<NewUserView> create(Scope scope, NewUserRequest request) {
        requireMayCreate(scope, request);
        if (!request.wantsKey()) {
            request.requireNothingOfAKey();
        }
        var user = request.toUser(scope.caller().actor(), defaults.of(request));
        var expires = request.keyExpiry(Instant.now());
        return changes.inTransaction(() -> requireFree(user)
                .chain(() -> storePermission(user, request.objectPermission()))
                .flatMap(permission -> user.<User>persistAndFlush()
                        .onFailure()
                        .transform(UserNames::takenMeanwhile)
                        .call(() -> joinOrganizations(scope, user, request))
                        .call(() -> joinTeams(scope, user, request.joinedTeams()))
                        .map(stored -> view(stored, request, permission))
                        .call(view ->
                                audit.record(AuditAction.CREATED, user.ref(), organizationOf(request), null, view))
                        .flatMap(view -> issueKey(user, request)
                                .map(secret -> NewUserView.of(view, user, request, secret.orElse(null), expires)))));
    }

    /**
     * Changes a user. Fails with NOT_FOUND for one that is not there, with FORBIDDEN for what this caller may not change, with ALREADY_EXISTS for an
     * address or an SSO id that is taken.
     */
    Uni<UpdatedUserView> update(Scope scope, UpdateUserRequest request) {
        return changes.inTransaction(() -> updates.apply(scope, List.of(Outcome.of(request)))
                        .map(outcomes -> outcomes.get(0).orThrow().user().userId))
                .flatMap(id ->
                        details.of(scope.boundary(), List.of(id)).map(views -> new UpdatedUserView(id, views.get(id))));
    }

    static void requireMayCreate(Scope scope, NewUserRequest request) {
        if (scope.boundary().everything()) {
            return;
        }
        if (request.asksForGlobalAdmin()) {
            throw Problem.of(ProblemCode.FORBIDDEN)
                    .param("user_role")
                    .detail("Not allowed: only a proxy admin may give the role %s", request.userRole());
        }
        if (request.joinedOrganizations().isEmpty() && request.joinedTeams().isEmpty()) {
            throw Problem.of(ProblemCode.FORBIDDEN)
                    .param("organization_id")
                    .detail(
                            "Not allowed: only a proxy admin may create a user without an organization; send organization_id or organizations");
        }
    }

    private static Uni<?> requireFree(User user) {
        return Panache.getSession()
                .flatMap(session -> session.createNativeQuery(SAME_NAMES, User.class)
                        .setParameter("id", user.userId)
                        .setParameter("email", user.userEmail)
                        .setParameter("sso", user.ssoUserId)
                        .getResultList())
                .invoke(taken -> taken.forEach(other -> refuse(user, other)));
    }

    private static void refuse(User user, User other) {
        if (other.userId.equals(user.userId)) {
            throw UserNames.taken("user_id", user.userId);
        }
        if (user.ssoUserId != null && user.ssoUserId.equals(other.ssoUserId)) {
            throw UserNames.taken("sso_user_id", user.ssoUserId);
        }
        throw UserNames.taken("user_email", user.userEmail);
    }

    private static Uni<Optional<ObjectPermission>> storePermission(User user, ObjectPermissionRequest request) {
        if (request == null) {
            return Uni.createFrom().item(Optional.empty());
        }
        var permission = request.toPermission();
        user.objectPermissionId = permission.objectPermissionId;
        return permission.<ObjectPermission>persistAndFlush().map(Optional::of);
    }

    private Uni<Void> joinOrganizations(Scope scope, User user, NewUserRequest request) {
        var wanted = request.joinedOrganizations();
        if (wanted.isEmpty()) {
            return Uni.createFrom().voidItem();
        }
        return Organization.<Organization>list("organizationId in ?1", wanted)
                .map(found -> found.stream()
                        .map(organization -> organization.organizationId)
                        .filter(scope.boundary()::holdsOrganization)
                        .toList())
                .invoke(found -> requireOrganizations(request, wanted, found))
                .map(found -> found.stream()
                        .map(id -> new OrganizationRoster.Entry(id, user.userId, "internal_user", null))
                        .toList())
                .flatMap(organizationRoster::add);
    }

    private static void requireOrganizations(NewUserRequest request, List<String> wanted, List<String> found) {
        for (var id : wanted) {
            if (!found.contains(id)) {
                throw Problem.notFound(ResourceKind.ORGANIZATION, id)
                        .param(id.equals(request.organizationId()) ? "organization_id" : "organizations");
            }
        }
    }

    private Uni<Void> joinTeams(Scope scope, User user, List<InTeam> wanted) {
        if (wanted.isEmpty()) {
            return Uni.createFrom().voidItem();
        }
        return Team.<Team>list(
                        "teamId in ?1", wanted.stream().map(InTeam::teamId).toList())
                .map(found -> found.stream()
                        .filter(team -> scope.boundary().holdsTeam(team.teamId, team.organizationId))
                        .collect(toMap(team -> team.teamId, team -> team)))
                .invoke(found -> requireTeams(wanted, found))
                .flatMap(found -> InTurn.collect(wanted, team -> entry(user, team, found.get(team.teamId()))))
                .flatMap(teamRoster::add);
    }

    private static void requireTeams(List<InTeam> wanted, Map<String, Team> found) {
        for (var team : wanted) {
            if (!found.containsKey(team.teamId())) {
                throw Problem.notFound(ResourceKind.TEAM, team.teamId()).param("teams");
            }
        }
    }

    private Uni<TeamRoster.Entry> entry(User user, InTeam team, Team joined) {
        var limits = team.limits();
        if (!limits.isPresent()) {
            return Uni.createFrom().item(TeamRoster.Entry.of(team.teamId(), user.userId, team.userRole()));
        }
        return memberDefaults
                .of(joined)
                .flatMap(defaults -> budgets.createFor(
                        Owner.teamMember(team.teamId(), user.userId), limits.over(defaults), user.createdBy))
                .map(terms ->
                        new TeamRoster.Entry(team.teamId(), user.userId, team.userRole(), terms.budgetId(), List.of()));
    }

    private static UserView view(User user, NewUserRequest request, Optional<ObjectPermission> permission) {
        var teams = request.joinedTeams().stream().map(InTeam::teamId).toList();
        return UserView.of(user, teams, NanoUsd.ZERO, null, permission.orElse(null));
    }

    /** Whose admins may read of it: the one organization the user starts in. */
    static String organizationOf(NewUserRequest request) {
        var joined = request.joinedOrganizations();
        return joined.size() == 1 ? joined.get(0) : null;
    }

    private Uni<Optional<String>> issueKey(User user, NewUserRequest request) {
        return request.wantsKey()
                ? keys.issueFor(user.userId, request.keyTerms(user)).map(Optional::of)
                : Uni.createFrom().item(Optional.empty());
    }
}
