package io.tenantry.idempotency;

import io.smallrye.mutiny.Uni;
import io.tenantry.platform.change.HeldTransaction;
import io.vertx.core.Vertx;
import jakarta.enterprise.context.ApplicationScoped;

/**
 * Lets one call with an identity through at a time. One that comes while another is under way waits, without a database connection, for its
 * answer; when that takes too long it is told to come back.
 */
@ApplicationScoped
class Claims {

    private static final long LOOK_AGAIN_MILLIS = 50;

    private final FirstAnswers answers;
    private final Turnstile turnstile;
    private final Vertx vertx;
    private final long waitNanos;

    Claims(FirstAnswers answers, Turnstile turnstile, Vertx vertx, IdempotencyConfig config) {
        this.answers = answers;
        this.turnstile = turnstile;
        this.vertx = vertx;
        this.waitNanos = config.patience().toNanos();
    }

    /** Another call with this identity is under way. */
    private static final class Busy extends RuntimeException {

        private static final long serialVersionUID = 1L;

        Busy() {
            super("busy", null, false, false);
        }
    }

    HeldTransaction transactionFor(RepeatableCall call) {
        return new HeldTransaction(new Claim(call, System.nanoTime() + waitNanos));
    }

    private final class Claim implements HeldTransaction.Opening {

        private final RepeatableCall call;
        private final long deadline;

        Claim(RepeatableCall call, long deadline) {
            this.call = call;
            this.deadline = deadline;
        }

        @Override
        public Uni<Void> claim() {
            return answers.lock(call.identity)
                    .invoke(mine -> {
                        if (!mine) {
                            throw new Busy();
                        }
                    })
                    // the other may have committed between our look and our lock
                    .chain(() -> answers.findLocked(call.identity))
                    .invoke(this::requireFirst)
                    .replaceWithVoid();
        }

        private void requireFirst(RepeatableCall.Answer found) {
            if (found != null) {
                call.repeats(found);
                throw RepeatableCall.inProgress(); // whoever reads this first, the caller gets the first answer
            }
        }

        @Override
        public Uni<Void> attempt(Uni<Void> attempt) {
            return turnstile.enter().chain(() -> attempt).onFailure(Busy.class).recoverWithUni(() -> later(attempt));
        }

        private Uni<Void> later(Uni<Void> attempt) {
            if (System.nanoTime() >= deadline) {
                return Uni.createFrom().failure(call.giveUp());
            }
            return pause().chain(() -> attempt(attempt));
        }

        @Override
        public void ended() {
            turnstile.leave();
        }
    }

    /** Goes on in the same context: the request and its session belong to it. */
    private Uni<Void> pause() {
        var context = Vertx.currentContext();
        return Uni.createFrom()
                .emitter(emitter -> vertx.setTimer(
                        LOOK_AGAIN_MILLIS, timer -> context.runOnContext(ignored -> emitter.complete(null))));
    }
}
