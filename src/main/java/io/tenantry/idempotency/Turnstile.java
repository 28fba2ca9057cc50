package io.tenantry.idempotency;

import io.smallrye.mutiny.Uni;
import io.smallrye.mutiny.subscription.UniEmitter;
import io.tenantry.core.Problem;
import io.tenantry.core.ProblemCode;
import io.tenantry.platform.database.DatabaseConfig;
import io.vertx.core.Context;
import io.vertx.core.Vertx;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.ArrayDeque;
import java.util.Deque;

/**
 * Lets half as many calls hold a transaction open as there are connections for management calls. They are held until the answer is written, and
 * those who only read, or repeat, must not wait for that.
 */
@ApplicationScoped
class Turnstile {

    private static final int MOST_WAITING = 512;

    private final Deque<Waiting> waiting = new ArrayDeque<>();
    private int free;

    private record Waiting(Context context, UniEmitter<? super Void> emitter) {

        void go() {
            context.runOnContext(ignored -> emitter.complete(null));
        }
    }

    Turnstile(DatabaseConfig database) {
        this.free = Math.max(1, database.managementConnections() / 2);
    }

    /** Completes when there is room, in the order of asking. Fails with OVERLOADED when too many wait. */
    Uni<Void> enter() {
        return Uni.createFrom().emitter(this::enter);
    }

    private void enter(UniEmitter<? super Void> emitter) {
        synchronized (this) {
            if (free == 0) {
                if (waiting.size() >= MOST_WAITING) {
                    emitter.fail(Problem.of(ProblemCode.OVERLOADED));
                } else {
                    waiting.add(new Waiting(Vertx.currentContext(), emitter));
                }
                return;
            }
            free--;
        }
        emitter.complete(null);
    }

    void leave() {
        Waiting next;
        synchronized (this) {
            next = waiting.poll();
            if (next == null) {
                free++;
            }
        }
        if (next != null) {
            next.go();
        }
    }
}
