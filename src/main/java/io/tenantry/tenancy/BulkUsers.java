package io.tenantry.tenancy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.quarkus.hibernate.reactive.panache.Panache;
import io.smallrye.mutiny.Uni;
import io.tenantry.core.Problem;
import io.tenantry.core.ProblemCode;
import io.tenantry.identity.Scope;
import io.tenantry.tenancy.UserUpdates.Updated;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.List;
import java.util.function.Consumer;

/** Makes and changes users by the thousand. Each result is handed on as soon as it is certain, in the order of the request. */
@ApplicationScoped
class BulkUsers {

    private static final String NEXT = """
            select user_id from app_user where user_id > :after order by user_id limit :most""";

    private final Bulk bulk;
    private final BulkItems items;
    private final UserCreations creations;
    private final UserUpdates updates;
    private final UserDetails details;

    BulkUsers(Bulk bulk, BulkItems items, UserCreations creations, UserUpdates updates, UserDetails details) {
        this.bulk = bulk;
        this.items = items;
        this.creations = creations;
        this.updates = updates;
        this.details = details;
    }

    /** How the results are told: kept for one document, or each as a line. */
    enum Form {
        DOCUMENT,
        LINES
    }

    /** One result and, where the item was refused, why. */
    record Told<R>(R result, Problem problem) {}

    /** Makes these users. */
    Uni<Void> create(Scope scope, List<JsonNode> asked, boolean atomic, Consumer<Told<CreatedUserResult>> results) {
        var told = new Counter();
        return bulk.<JsonNode, User>run(
                asked,
                atomic,
                chunk -> creations.apply(scope, items.read(chunk, NewUserRequest.class)),
                (chunk, outcomes) -> {
                    for (int i = 0; i < chunk.size(); i++) {
                        results.accept(created(told.next(), chunk.get(i), outcomes.get(i)));
                    }
                    return Uni.createFrom().voidItem();
                });
    }

    private static final class Counter {

        private int next;

        int next() {
            return next++;
        }
    }

    private static Told<CreatedUserResult> created(int index, JsonNode item, Outcome<User> outcome) {
        var user = outcome.done();
        var result = new CreatedUserResult(
                index,
                user == null ? BulkItems.text(item, "user_id") : user.userId,
                user == null ? BulkItems.text(item, "user_email") : user.userEmail,
                outcome.isDone(),
                error(outcome.problem()));
        return new Told<>(result, outcome.problem());
    }

    private static String error(Problem problem) {
        return problem == null ? null : problem.code().status + ": " + problem.getMessage();
    }

    /** Changes the users that the request names, or all there are. Fails with FORBIDDEN when only a proxy admin may ask for it. */
    Uni<Void> update(
            Scope scope,
            BulkUpdateUsersRequest request,
            boolean atomic,
            Form form,
            Consumer<Told<UpdatedUserResult>> results) {
        request.requireOneForm();
        requireMayAsk(scope, request);
        return request.forAll()
                ? updateAll(scope, request.userUpdates(), atomic, form, results)
                : update(scope, request.items(), atomic, results);
    }

    private static void requireMayAsk(Scope scope, BulkUpdateUsersRequest request) {
        if (scope.boundary().everything()) {
            return;
        }
        if (request.forAll() || request.changesRoles()) {
            throw Problem.of(ProblemCode.FORBIDDEN)
                    .param(request.forAll() ? "all_users" : "user_role")
                    .detail("Not allowed: only a proxy admin may change all users, or roles");
        }
    }

    private Uni<Void> update(
            Scope scope, List<JsonNode> asked, boolean atomic, Consumer<Told<UpdatedUserResult>> results) {
        return bulk.<JsonNode, Updated>run(
                asked,
                atomic,
                chunk -> updates.apply(scope, items.read(chunk, UpdateUserRequest.class)),
                (chunk, outcomes) -> tell(scope, chunk, outcomes, results));
    }

    private Uni<Void> tell(
            Scope scope,
            List<JsonNode> chunk,
            List<Outcome<Updated>> outcomes,
            Consumer<Told<UpdatedUserResult>> results) {
        var changed = outcomes.stream()
                .filter(Outcome::isDone)
                .map(outcome -> outcome.done().user().userId)
                .distinct()
                .toList();
        return details.of(scope.boundary(), changed)
                .invoke(views -> {
                    for (int i = 0; i < chunk.size(); i++) {
                        var outcome = outcomes.get(i);
                        var id = outcome.isDone() ? outcome.done().user().userId : null;
                        results.accept(updated(chunk.get(i), id, id == null ? null : views.get(id), outcome.problem()));
                    }
                })
                .replaceWithVoid();
    }

    private static Told<UpdatedUserResult> updated(JsonNode item, String id, UserView view, Problem problem) {
        var result = new UpdatedUserResult(
                id == null ? BulkItems.text(item, "user_id") : id,
                BulkItems.text(item, "user_email"),
                problem == null,
                error(problem),
                problem == null ? new UpdatedUserView(id, view) : null);
        return new Told<>(result, problem);
    }

    /**
     * Chunk by chunk, so that no list of all users is ever held. One document holds no more results than a request could name, and one transaction
     * locks no more rows.
     */
    private Uni<Void> updateAll(
            Scope scope, JsonNode change, boolean atomic, Form form, Consumer<Told<UpdatedUserResult>> results) {
        if (!atomic && form == Form.LINES) {
            return updateAfter(scope, "", change, results);
        }
        return idsAfter("", BulkItems.MOST + 1)
                .invoke(BulkUsers::requireFew)
                .flatMap(ids -> update(scope, changes(ids, change), atomic, results));
    }

    private static void requireFew(List<String> ids) {
        if (ids.size() > BulkItems.MOST) {
            throw Problem.of(ProblemCode.INVALID_VALUE)
                    .param("all_users")
                    .detail(
                            "There are more than %d users: send Accept: application/x-ndjson, without atomic",
                            BulkItems.MOST);
        }
    }

    private Uni<Void> updateAfter(
            Scope scope, String after, JsonNode change, Consumer<Told<UpdatedUserResult>> results) {
        return idsAfter(after, Bulk.CHUNK)
                .flatMap(ids -> ids.isEmpty()
                        ? Uni.createFrom().voidItem()
                        : update(scope, changes(ids, change), false, results)
                                .chain(() -> updateAfter(scope, ids.get(ids.size() - 1), change, results)));
    }

    private static Uni<List<String>> idsAfter(String after, int most) {
        return Panache.withSession(
                () -> Panache.getSession().flatMap(session -> session.createNativeQuery(NEXT, String.class)
                        .setParameter("after", after)
                        .setParameter("most", most)
                        .getResultList()));
    }

    private static List<JsonNode> changes(List<String> ids, JsonNode change) {
        return ids.stream().map(id -> named(id, change)).toList();
    }

    private static JsonNode named(String id, JsonNode change) {
        var item = ((ObjectNode) change).objectNode();
        item.setAll((ObjectNode) change);
        return item.put("user_id", id);
    }
}
