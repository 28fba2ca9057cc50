package io.tenantry.keys;

import io.quarkus.hibernate.reactive.panache.Panache;
import io.smallrye.mutiny.Uni;
import io.tenantry.audit.AuditAction;
import io.tenantry.audit.AuditTrail;
import io.tenantry.core.Problem;
import io.tenantry.core.ProblemCode;
import io.tenantry.keys.KeyEditor.Outcome;
import io.tenantry.keys.KeyEditor.Wish;
import io.tenantry.platform.change.Changes;
import io.tenantry.platform.http.StoreFailures;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Changing the terms of one key or of many. */
@ApplicationScoped
class KeyUpdates {

    private final Changes changes;
    private final AuditTrail audit;
    private final KeyEditor editor;
    private final KeyRepository keys;
    private final KeyRows rows;
    private final KeySpend spend;

    KeyUpdates(Changes changes, AuditTrail audit, KeyEditor editor, KeyRepository keys, KeyRows rows, KeySpend spend) {
        this.changes = changes;
        this.audit = audit;
        this.editor = editor;
        this.keys = keys;
        this.rows = rows;
        this.spend = spend;
    }

    /** What one item of a bulk call came to: the key's row, or the problem. */
    record Result(Wish wish, Map<String, Object> row, Problem problem) {}

    /**
     * Changes one key. Two calls that change different fields both last. Fails with NOT_FOUND, FORBIDDEN, CONFLICT (it moved or was rotated in
     * the meantime), PARENT_LIMIT_EXCEEDED, or the problem of the field.
     */
    Uni<Map<String, Object>> update(KeyReach reach, Wish wish) {
        return changes.inTransaction(() -> editor.edit(reach, List.of(wish))
                        .map(outcomes -> outcomes.get(0))
                        .call(outcome -> keys.readBack(outcome.keyOrFail()).chain(() -> record(List.of(outcome))))
                        .call(outcome -> forgive(reach, outcome))
                        .map(Outcome::key))
                .flatMap(key -> Panache.withSession(() -> rows.of(key)));
    }

    private Uni<Void> forgive(KeyReach reach, Outcome outcome) {
        var wanted = outcome.wish().request().spend().orNull();
        return wanted == null ? Uni.createFrom().voidItem() : spend.set(reach, outcome.key(), wanted);
    }

    /**
     * Changes many keys in one transaction and a constant number of statements, and tells for each what came of it. Those that cannot be changed
     * keep none of the others from it, unless all or none is asked for.
     */
    Uni<List<Result>> updateAll(KeyReach reach, List<Wish> wishes, boolean atomic) {
        if (wishes.isEmpty()) {
            return Uni.createFrom().item(List.of());
        }
        return changes.inTransaction(() -> editor.edit(reach, wishes).call(outcomes -> write(outcomes, atomic)))
                .flatMap(this::results)
                .onFailure(NotAll.class)
                .recoverWithItem(failure -> noneOf((NotAll) failure))
                .onFailure(failure -> failure instanceof Problem || isTaken(failure))
                .recoverWithUni(failure -> atomic ? Uni.createFrom().failure(failure) : byHalves(reach, wishes));
    }

    private Uni<Void> write(List<Outcome> outcomes, boolean atomic) {
        if (atomic && !outcomes.stream().allMatch(Outcome::isDone)) {
            return Uni.createFrom().failure(new NotAll(outcomes));
        }
        var done = outcomes.stream().filter(Outcome::isDone).toList();
        return keys.readBack(done.stream().map(Outcome::key).toList()).chain(() -> record(done));
    }

    private Uni<Void> record(List<Outcome> done) {
        return audit.recordAll(done.stream()
                .map(outcome -> new AuditTrail.Entry(
                        AuditAction.UPDATED,
                        outcome.key().ref(),
                        outcome.key().organizationId,
                        outcome.before(),
                        outcome.after()))
                .toList());
    }

    private Uni<List<Result>> results(List<Outcome> outcomes) {
        var done = outcomes.stream().filter(Outcome::isDone).map(Outcome::key).toList();
        return Panache.withSession(() -> rows.of(done)).map(shown -> {
            var byId = shown.stream().collect(Collectors.toMap(row -> row.get("key_id"), Function.identity()));
            return outcomes.stream()
                    .map(outcome -> new Result(
                            outcome.wish(),
                            outcome.isDone() ? byId.get(outcome.key().id()) : null,
                            outcome.problem()))
                    .toList();
        });
    }

    /** Some item cannot be done, and so none is: undoes the transaction. */
    private static final class NotAll extends RuntimeException {

        private static final long serialVersionUID = 1L;

        private final transient List<Outcome> outcomes;

        NotAll(List<Outcome> outcomes) {
            super(null, null, false, false);
            this.outcomes = outcomes;
        }
    }

    private static List<Result> noneOf(NotAll failure) {
        return failure.outcomes.stream()
                .map(outcome -> new Result(
                        outcome.wish(),
                        null,
                        outcome.isDone()
                                ? Problem.of(ProblemCode.CONFLICT)
                                        .detail("Nothing was changed: another item failed and atomic was asked for")
                                : outcome.problem()))
                .toList();
    }

    /** An alias that is taken at the key's new owner is only found by the database; it undoes the whole transaction, as a parent without room does. */
    private static boolean isTaken(Throwable failure) {
        return StoreFailures.violatedConstraint(failure).isPresent();
    }

    /** By halves: of 500 items of which one cannot be done, it is found in nine steps and the others take no harm. */
    private Uni<List<Result>> byHalves(KeyReach reach, List<Wish> wishes) {
        if (wishes.size() == 1) {
            return alone(reach, wishes.get(0)).map(List::of);
        }
        int middle = wishes.size() / 2;
        return updateAll(reach, wishes.subList(0, middle), false).flatMap(first -> updateAll(
                        reach, wishes.subList(middle, wishes.size()), false)
                .map(second -> Stream.concat(first.stream(), second.stream()).toList()));
    }

    private Uni<Result> alone(KeyReach reach, Wish wish) {
        return update(reach, wish)
                .map(row -> new Result(wish, row, null))
                .onFailure(Problem.class)
                .recoverWithItem(problem -> new Result(wish, null, (Problem) problem));
    }
}
