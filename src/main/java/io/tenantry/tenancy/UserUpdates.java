package io.tenantry.tenancy;

import static java.util.stream.Collectors.toMap;

import io.smallrye.mutiny.Uni;
import io.tenantry.audit.AuditAction;
import io.tenantry.audit.AuditTrail;
import io.tenantry.core.Ids;
import io.tenantry.core.NanoUsd;
import io.tenantry.core.Patch;
import io.tenantry.core.Problem;
import io.tenantry.core.ProblemCode;
import io.tenantry.core.ResourceKind;
import io.tenantry.identity.Scope;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Stream;

/**
 * Changes users, many at a time with a constant number of statements; one user is many of one. Rows are locked in one order before they are read,
 * so that two changes of different fields both survive.
 */
@ApplicationScoped
class UserUpdates {

    private final UserRows rows;
    private final ObjectPermissionRows permissions;
    private final AuditTrail audit;
    private final SpendLookup spend;

    UserUpdates(UserRows rows, ObjectPermissionRows permissions, AuditTrail audit, SpendLookup spend) {
        this.spend = spend;
        this.rows = rows;
        this.permissions = permissions;
        this.audit = audit;
    }

    /** A user after its change, with its own object permission; null for none. */
    record Updated(User user, ObjectPermission permission) {}

    /**
     * Changes the users that the requests name, in the caller's transaction. Refused are, item by item: NOT_FOUND for a user that is not there,
     * FORBIDDEN for what this caller may not change, ALREADY_EXISTS for a taken name, and what a field's value asks for in vain.
     */
    Uni<List<Outcome<Updated>>> apply(Scope scope, List<Outcome<UpdateUserRequest>> items) {
        var asked = items.stream().filter(Outcome::isDone).map(Outcome::done).toList();
        boolean listed = asked.stream().anyMatch(request -> request.models().isPresent());
        return ModelLists.hold(listed)
                .chain(() -> rows.lock(
                        names(asked, UpdateUserRequest::namedId), names(asked, UpdateUserRequest::namedEmail)))
                .flatMap(found -> namesTaken(asked).flatMap(others -> permissions
                        .ofIds(found.stream()
                                .map(user -> user.objectPermissionId)
                                .filter(Objects::nonNull)
                                .toList())
                        .flatMap(known -> SentBack.of(asked, found, spend)
                                .map(sentBack -> new Chunk(scope, found, others, known, sentBack)))))
                .flatMap(chunk -> write(chunk, chunk.plan(items)));
    }

    private static Set<String> names(List<UpdateUserRequest> asked, Function<UpdateUserRequest, String> name) {
        var names = new LinkedHashSet<String>();
        asked.stream().map(name).filter(Objects::nonNull).forEach(names::add);
        return names;
    }

    private Uni<List<User>> namesTaken(List<UpdateUserRequest> asked) {
        return rows.named(
                Set.of(),
                names(asked, request -> emailKey(request.newEmail().orNull())),
                names(asked, request -> request.newSsoId().orNull()));
    }

    private static String emailKey(String email) {
        return email == null ? null : UpdateUserRequest.emailKey(email);
    }

    private Uni<List<Outcome<Updated>>> write(Chunk chunk, List<Outcome<User>> planned) {
        return permissions
                .store(chunk.storedPermissions.values())
                .chain(() -> rows.update(chunk.changed.values()))
                .onFailure()
                .transform(UserNames::takenMeanwhile)
                .call(() -> permissions.delete(chunk.droppedPermissions))
                .call(() -> audit.recordAll(chunk.entries))
                .map(written -> written.stream().collect(toMap(user -> user.userId, user -> user)))
                .map(written -> planned.stream()
                        .map(outcome -> outcome.map(user -> chunk.updated(written.get(user.userId))))
                        .toList());
    }

    /** The users of one chunk while their changes are worked out. Nothing here talks to the database. */
    private static final class Chunk {

        private final Scope scope;
        private final SentBack sentBack;
        private final Map<String, User> byId;
        private final Map<String, User> byEmail = new HashMap<>();
        private final Map<String, String> ownersOfNames = new HashMap<>();
        private final Map<String, ObjectPermission> known;
        private final Map<String, User> changed = new LinkedHashMap<>();
        private final Map<String, ObjectPermission> storedPermissions = new LinkedHashMap<>();
        private final Set<String> droppedPermissions = new LinkedHashSet<>();
        private final List<AuditTrail.Entry> entries = new ArrayList<>();

        Chunk(Scope scope, List<User> found, List<User> others, List<ObjectPermission> permissions, SentBack sentBack) {
            this.scope = scope;
            this.sentBack = sentBack;
            this.byId = found.stream().collect(toMap(user -> user.userId, user -> user));
            this.known = permissions.stream()
                    .collect(toMap(permission -> permission.objectPermissionId, permission -> permission));
            Stream.concat(found.stream(), others.stream()).forEach(this::remember);
        }

        private void remember(User user) {
            if (user.userEmail != null) {
                byEmail.putIfAbsent(emailKey(user.userEmail), user);
                ownersOfNames.put("user_email " + emailKey(user.userEmail), user.userId);
            }
            if (user.ssoUserId != null) {
                ownersOfNames.put("sso_user_id " + user.ssoUserId, user.userId);
            }
        }

        List<Outcome<User>> plan(List<Outcome<UpdateUserRequest>> items) {
            return items.stream().map(this::plan).toList();
        }

        private Outcome<User> plan(Outcome<UpdateUserRequest> item) {
            if (!item.isDone()) {
                return Outcome.refused(item.problem());
            }
            try {
                return Outcome.of(change(item.done()));
            } catch (Problem refused) {
                return Outcome.refused(refused);
            }
        }

        private User change(UpdateUserRequest request) {
            request.requireNamed();
            var user = target(request);
            OwnRecord.requireAllowed(scope, request);
            sentBack.takeOutOf(request, user);
            requireFree(
                    user,
                    "user_email",
                    emailKey(request.newEmail().orNull()),
                    request.newEmail().orNull());
            requireFree(
                    user,
                    "sso_user_id",
                    request.newSsoId().orNull(),
                    request.newSsoId().orNull());
            var wasBlocked = user.blocked;
            var before = view(user);
            request.applyTo(user, scope.caller().actor());
            changePermission(user, request.objectPermission());
            remember(user);
            changed.put(user.userId, user);
            entries.add(new AuditTrail.Entry(action(wasBlocked, user), user.ref(), null, before, view(user)));
            return user;
        }

        /** Whoever is no proxy admin learns nothing of others: it is refused for them whether they exist or not. */
        private User target(UpdateUserRequest request) {
            var user = request.namedId() == null ? byEmail.get(request.namedEmail()) : byId.get(request.namedId());
            if (!scope.boundary().holdsUser(user == null ? request.namedId() : user.userId)
                    && !scope.boundary().everything()) {
                throw Problem.of(ProblemCode.FORBIDDEN)
                        .param(request.namedId() == null ? "user_email" : "user_id")
                        .detail("Not allowed: only a proxy admin may change other users");
            }
            if (user == null) {
                throw Problem.notFound(
                                ResourceKind.USER, request.namedId() == null ? request.namedEmail() : request.namedId())
                        .param(request.namedId() == null ? "user_email" : "user_id");
            }
            return user;
        }

        private void requireFree(User user, String field, String key, String value) {
            var owner = key == null ? null : ownersOfNames.get(field + " " + key);
            if (owner != null && !owner.equals(user.userId)) {
                throw UserNames.taken(field, value);
            }
        }

        /** In place: the row keeps its id, so that whatever has read it finds the new one. */
        private void changePermission(User user, Patch<ObjectPermissionPatch> patch) {
            if (patch instanceof Patch.To<ObjectPermissionPatch> to) {
                storePermission(user, to.value());
            } else if (patch.isPresent() && user.objectPermissionId != null) {
                storedPermissions.remove(user.objectPermissionId);
                droppedPermissions.add(user.objectPermissionId);
                user.objectPermissionId = null;
            }
        }

        private void storePermission(User user, ObjectPermissionPatch patch) {
            if (user.objectPermissionId == null) {
                user.objectPermissionId = Ids.random();
            }
            var permission = new ObjectPermission();
            var current = known.get(user.objectPermissionId);
            if (current != null) {
                copy(current, permission);
            }
            permission.objectPermissionId = user.objectPermissionId;
            patch.applyTo(permission);
            storedPermissions.put(permission.objectPermissionId, permission);
            known.put(permission.objectPermissionId, permission);
        }

        private static void copy(ObjectPermission from, ObjectPermission to) {
            to.mcpServers = from.mcpServers;
            to.mcpAccessGroups = from.mcpAccessGroups;
            to.mcpToolPermissions = from.mcpToolPermissions;
            to.vectorStores = from.vectorStores;
            to.agents = from.agents;
            to.agentAccessGroups = from.agentAccessGroups;
        }

        private UserView view(User user) {
            return UserView.of(user, List.of(), NanoUsd.ZERO, null, permissionOf(user));
        }

        private ObjectPermission permissionOf(User user) {
            return user.objectPermissionId == null ? null : known.get(user.objectPermissionId);
        }

        Updated updated(User user) {
            return new Updated(user, permissionOf(user));
        }

        private static AuditAction action(boolean wasBlocked, User user) {
            if (wasBlocked == user.blocked) {
                return AuditAction.UPDATED;
            }
            return user.blocked ? AuditAction.BLOCKED : AuditAction.UNBLOCKED;
        }
    }
}
