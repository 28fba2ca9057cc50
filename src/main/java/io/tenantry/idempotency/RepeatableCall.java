package io.tenantry.idempotency;

import io.tenantry.core.Problem;
import io.tenantry.core.ProblemCode;
import io.tenantry.platform.change.HeldTransaction;

/** One call that carries an {@code Idempotency-Key}, on its way through. */
final class RepeatableCall {

    /** An answer as it went out the first time. */
    record Answer(String fingerprint, int status, String contentType, byte[] sealed) {}

    final CallIdentity identity;
    final String fingerprint;
    private HeldTransaction held;
    private Answer first;
    private Problem refusal;

    RepeatableCall(CallIdentity identity, String fingerprint) {
        this.identity = identity;
        this.fingerprint = fingerprint;
    }

    void hold(HeldTransaction transaction) {
        this.held = transaction;
    }

    HeldTransaction held() {
        return held;
    }

    /** The first answer, once it is known that there is one for this very request; null otherwise. */
    Answer first() {
        return first;
    }

    /** Why this call is not carried out; null when it is. */
    Problem refusal() {
        return refusal;
    }

    /** There was a first call: this one gets its answer, or is refused for asking something else. */
    void repeats(Answer answer) {
        if (answer.fingerprint().equals(fingerprint)) {
            this.first = answer;
        } else {
            this.refusal = Problem.of(ProblemCode.IDEMPOTENCY_KEY_REUSED)
                    .param(IdempotencyFilter.HEADER)
                    .detail(
                            "This Idempotency-Key was used for another request; a new request needs a new key, a repetition the same method, path and body");
        }
    }

    Problem giveUp() {
        this.refusal = inProgress();
        return refusal;
    }

    boolean isDecided() {
        return first != null || refusal != null;
    }

    static Problem inProgress() {
        return Problem.of(ProblemCode.IDEMPOTENCY_IN_PROGRESS).param(IdempotencyFilter.HEADER);
    }
}
