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
 * Reads of the database, in groups. Names are asked for at once as long as fewer than {@link #MOST_RUNNING} statements are under way; those that come
 * then wait and share the next one. So one cold key waits for nobody, and ten thousand of them after a change of their organization cost about
 * a hundred statements and no more than a few connections. A statement always begins after the call that it answers.
 */
public final class GroupedReads<K, V> {

    /** Half of the connections that admissions and settlements have by default. */
    static final int MOST_RUNNING = 4;

    private static final int MOST_WAITING = 20_000;

    private final Function<List<K>, Uni<Map<K, V>>> statement;
    private final int atOnce;
    private final Duration patience;
    private final ArrayDeque<Waiting<K, V>> queue = new ArrayDeque<>(); // guarded by itself
    private int running; // guarded by queue

    private record Waiting<K, V>(List<K> names, UniEmitter<? super Map<K, V>> emitter, long deadlineNanos) {}

    /**
     * @param statement reads what there is of these names, each given once
     * @param atOnce    names in one statement; more only where one call asks for more
     * @param patience  how long one may wait for its answer in all, and a statement for its own
     */
    public GroupedReads(Function<List<K>, Uni<Map<K, V>>> statement, int atOnce, Duration patience) {
        this.statement = statement;
        this.atOnce = atOnce;
        this.patience = patience;
    }

    /** What the name stands for, read after this call; empty when there is no such thing. Fails with DATABASE_UNAVAILABLE when it takes too long, with OVERLOADED. */
    public Uni<Optional<V>> read(K name) {
        return read(List.of(name)).map(found -> Optional.ofNullable(found.get(name)));
    }

    /** The same of several names, with one statement. The answer may have others as well. */
    public Uni<Map<K, V>> read(List<K> names) {
        return Uni.createFrom()
                .<Map<K, V>>emitter(emitter -> begin(names, emitter))
                .ifNoItem()
                .after(patience) // and not the patience for the statement after that for a place
                .failWith(GroupedReads::tooLate);
    }

    private void begin(List<K> names, UniEmitter<? super Map<K, V>> emitter) {
        if (enqueue(new Waiting<>(names, emitter, System.nanoTime() + patience.toNanos()))) {
            readNext();
        } else {
            emitter.fail(Problem.of(ProblemCode.OVERLOADED).internally("too many reads are waiting"));
        }
    }

    private boolean enqueue(Waiting<K, V> waiting) {
        synchronized (queue) {
            return queue.size() < MOST_WAITING && queue.add(waiting);
        }
    }

    private void readNext() {
        var group = nextGroup();
        if (group.isEmpty()) {
            return;
        }
        var names = group.stream()
                .flatMap(waiting -> waiting.names().stream())
                .distinct()
                .toList();
        Uni.createFrom()
                .deferred(() -> statement.apply(names))
                .ifNoItem()
                .after(patience)
                .failWith(GroupedReads::tooLate)
                .onTermination()
                .invoke(this::ended)
                .subscribe()
                .with(
                        found -> group.forEach(waiting -> waiting.emitter().complete(found)),
                        failure -> group.forEach(waiting -> waiting.emitter().fail(failure)));
    }

    /** Without those who have given up by now. */
    private List<Waiting<K, V>> nextGroup() {
        var group = new ArrayList<Waiting<K, V>>();
        long now = System.nanoTime();
        synchronized (queue) {
            for (int names = 0; running < MOST_RUNNING && !queue.isEmpty() && names < atOnce; ) {
                var next = queue.poll();
                if (next.deadlineNanos() - now > 0) {
                    group.add(next);
                    names += next.names().size();
                }
            }
            running += group.isEmpty() ? 0 : 1;
        }
        return group;
    }

    private void ended() {
        synchronized (queue) {
            running--;
        }
        readNext();
    }

    private static Problem tooLate() {
        return Problem.of(ProblemCode.DATABASE_UNAVAILABLE).internally("a read of the database took too long");
    }
}
