package io.tenantry.admission;

import io.smallrye.mutiny.Uni;
import io.smallrye.mutiny.subscription.UniEmitter;
import io.tenantry.core.Problem;
import io.tenantry.core.ProblemCode;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;

/**
 * Reads by name, in groups. A name is asked for at once as long as fewer than {@link #MOST_RUNNING} statements are under way; those that come
 * then wait and share the next one. So one cold key waits for nobody, and ten thousand of them after a change of their organization cost about
 * a hundred statements and no more than a few connections.
 *
 * <p>How many may wait is bounded by whoever asks.
 */
final class GroupedReads<V> {

    /** Half of the connections that admissions and settlements have by default. */
    static final int MOST_RUNNING = 4;

    static final int MOST_AT_ONCE = 100;

    private final Function<List<String>, Uni<Map<String, V>>> statement;
    private final Duration patience;
    private final ArrayDeque<Waiting<V>> queue = new ArrayDeque<>(); // guarded by itself
    private int running; // guarded by queue

    private record Waiting<V>(String name, UniEmitter<? super Optional<V>> emitter, long deadlineNanos) {}

    /**
     * @param statement reads what there is of these names
     * @param patience  how long one may wait for its answer, and a statement for its own
     */
    GroupedReads(Function<List<String>, Uni<Map<String, V>>> statement, Duration patience) {
        this.statement = statement;
        this.patience = patience;
    }

    /** What the name stands for, read after this call; empty when there is no such thing. Fails with DATABASE_UNAVAILABLE when it takes too long. */
    Uni<Optional<V>> read(String name) {
        return Uni.createFrom().emitter(emitter -> {
            enqueue(new Waiting<>(name, emitter, System.nanoTime() + patience.toNanos()));
            readNext();
        });
    }

    private void enqueue(Waiting<V> waiting) {
        synchronized (queue) {
            queue.add(waiting);
        }
    }

    private void readNext() {
        var group = nextGroup();
        if (group.isEmpty()) {
            return;
        }
        var names = group.stream().map(Waiting::name).distinct().toList();
        Uni.createFrom()
                .deferred(() -> statement.apply(names))
                .ifNoItem()
                .after(patience)
                .failWith(GroupedReads::tooLate)
                .onTermination()
                .invoke(this::ended)
                .subscribe()
                .with(
                        found -> answer(group, found),
                        failure -> group.forEach(waiting -> waiting.emitter().fail(failure)));
    }

    private List<Waiting<V>> nextGroup() {
        var group = new ArrayList<Waiting<V>>();
        var late = new ArrayList<Waiting<V>>();
        long now = System.nanoTime();
        synchronized (queue) {
            while (running < MOST_RUNNING && !queue.isEmpty() && group.size() < MOST_AT_ONCE) {
                var next = queue.poll();
                (next.deadlineNanos() - now > 0 ? group : late).add(next);
            }
            running += group.isEmpty() ? 0 : 1;
        }
        late.forEach(waiting -> waiting.emitter().fail(tooLate()));
        return group;
    }

    private void ended() {
        synchronized (queue) {
            running--;
        }
        readNext();
    }

    private static <V> void answer(List<Waiting<V>> group, Map<String, V> found) {
        group.forEach(waiting -> waiting.emitter().complete(Optional.ofNullable(found.get(waiting.name()))));
    }

    static Problem tooLate() {
        return Problem.of(ProblemCode.DATABASE_UNAVAILABLE).internally("reading a policy took too long");
    }
}
