package io.tenantry.idempotency;

import io.smallrye.mutiny.Uni;
import io.smallrye.mutiny.subscription.UniEmitter;
import io.tenantry.core.Problem;
import io.tenantry.core.ProblemCode;
import io.vertx.core.Context;
import io.vertx.core.Vertx;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.ArrayDeque;
import java.util.Deque;
import org.eclipse.microprofile.config.inject.ConfigProperty;

/**
 * Lets half as many calls hold a transaction open as there are database connections. Such a call may need a second connection before it is
 * answered; were all connections held by such calls, each would wait for the others.
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

    Turnstile(@ConfigProperty(name = "quarkus.datasource.reactive.max-size") int connections) {
        this.free = Math.max(1, connections / 2);
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
