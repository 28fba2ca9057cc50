package io.tenantry.tenancy;

import io.smallrye.mutiny.Uni;
import io.tenantry.core.Problem;
import io.tenantry.core.ProblemCode;
import io.tenantry.platform.change.Changes;
import io.tenantry.platform.http.ItemProblems;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BiFunction;
import java.util.function.Function;

/**
 * Works through many items in chunks, each chunk with a constant number of statements.
 *
 * <p>Atomic: one transaction for all; when one item is refused nothing is done, and the others say so. Otherwise each chunk has a transaction of its
 * own; a refused item does not stop the others. A chunk that the database refuses as a whole (a name taken a moment ago, a text that cannot be
 * stored) is halved until the item at fault is alone.
 */
@ApplicationScoped
class Bulk {

    /** Large enough to make round trips cheap, small enough that rows are not locked for long. */
    static final int CHUNK = 500;

    private static final String CONSEQUENCE = "atomic";

    private final Changes changes;

    Bulk(Changes changes) {
        this.changes = changes;
    }

    /** What is done with one chunk, in the transaction: one outcome per item, in the items' order. A refused item has changed nothing. */
    interface Step<I, O> extends Function<List<I>, Uni<List<Outcome<O>>>> {}

    /** Told of every chunk once it is committed, or was refused; in order. */
    interface Sink<I, O> extends BiFunction<List<I>, List<Outcome<O>>, Uni<Void>> {}

    <I, O> Uni<Void> run(List<I> items, boolean atomic, Step<I, O> step, Sink<I, O> sink) {
        return atomic
                ? atOnce(items, step).flatMap(outcomes -> tell(items, outcomes, sink))
                : InTurn.collect(chunks(items), chunk -> alone(chunk, step)
                                .flatMap(outcomes -> sink.apply(chunk, outcomes)))
                        .replaceWithVoid();
    }

    static <T> List<List<T>> chunks(List<T> items) {
        var chunks = new ArrayList<List<T>>();
        for (int from = 0; from < items.size(); from += CHUNK) {
            chunks.add(items.subList(from, Math.min(from + CHUNK, items.size())));
        }
        return chunks;
    }

    private static <I, O> Uni<Void> tell(List<I> items, List<Outcome<O>> outcomes, Sink<I, O> sink) {
        var told = chunks(outcomes).iterator();
        return InTurn.collect(chunks(items), chunk -> sink.apply(chunk, told.next()))
                .replaceWithVoid();
    }

    /** Rolls the transaction back and carries what was found out of it. */
    private static final class Undone extends RuntimeException {

        private static final long serialVersionUID = 1L;

        private final transient List<? extends Outcome<?>> outcomes;

        Undone(List<? extends Outcome<?>> outcomes) {
            super(null, null, false, false);
            this.outcomes = outcomes;
        }
    }

    private <I, O> Uni<List<Outcome<O>>> atOnce(List<I> items, Step<I, O> step) {
        return changes.inTransaction(() ->
                        InTurn.collect(chunks(items), step).map(Bulk::flat).invoke(Bulk::requireAllDone))
                .onFailure(Undone.class)
                .recoverWithItem(failure -> notDone(((Undone) failure).outcomes));
    }

    private static <O> List<Outcome<O>> flat(List<List<Outcome<O>>> chunks) {
        return chunks.stream().flatMap(List::stream).toList();
    }

    private static <O> void requireAllDone(List<Outcome<O>> outcomes) {
        if (!outcomes.stream().allMatch(Outcome::isDone)) {
            throw new Undone(outcomes);
        }
    }

    private static <O> List<Outcome<O>> notDone(List<? extends Outcome<?>> outcomes) {
        return outcomes.stream()
                .map(outcome -> outcome.isDone() ? notApplied() : outcome.problem())
                .map(Outcome::<O>refused)
                .toList();
    }

    private static Problem notApplied() {
        return Problem.of(ProblemCode.CONFLICT)
                .param(CONSEQUENCE)
                .detail("Not applied: another item was refused, and all or none was asked");
    }

    /** Whether an item was only not done because of another one. */
    static boolean isConsequence(Problem problem) {
        return CONSEQUENCE.equals(problem.param());
    }

    private <I, O> Uni<List<Outcome<O>>> alone(List<I> chunk, Step<I, O> step) {
        return changes.inTransaction(() -> step.apply(chunk))
                .onFailure()
                .recoverWithUni(failure -> failed(chunk, step, ItemProblems.of(failure)));
    }

    private <I, O> Uni<List<Outcome<O>>> failed(List<I> chunk, Step<I, O> step, Problem problem) {
        if (chunk.size() == 1 || problem.code().status >= 500) {
            return Uni.createFrom()
                    .item(chunk.stream()
                            .map(item -> Outcome.<O>refused(problem))
                            .toList());
        }
        int half = chunk.size() / 2;
        return alone(chunk.subList(0, half), step).flatMap(first -> alone(chunk.subList(half, chunk.size()), step)
                .map(second -> flat(List.of(first, second))));
    }
}
