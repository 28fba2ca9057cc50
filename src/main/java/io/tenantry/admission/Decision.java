package io.tenantry.admission;

import io.tenantry.limits.engine.Standing;
import java.time.Instant;
import java.util.List;
import java.util.function.Function;

/** What came of a request for admission. */
sealed interface Decision {

    /** Whether it was made without the shared store. */
    boolean degraded();

    /** Both outcomes, or it does not compile. */
    <T> T fold(Function<Admitted, T> admitted, Function<Refused, T> refused);

    /**
     * @param alias     the model as the caller named it
     * @param standings the limits after this admission, in the order of the record's charges
     */
    record Admitted(
            AdmissionRecord record,
            String alias,
            Policy.Attachments attachments,
            Instant expiresAt,
            List<Standing> standings,
            boolean degraded)
            implements Decision {

        @Override
        public <T> T fold(Function<Admitted, T> admitted, Function<Refused, T> refused) {
            return admitted.apply(this);
        }
    }

    /** @param estimate what was asked for; null when it did not come to that */
    record Refused(Refusal refusal, boolean degraded, Estimate estimate) implements Decision {

        Refused(Refusal refusal, boolean degraded) {
            this(refusal, degraded, null);
        }

        @Override
        public <T> T fold(Function<Admitted, T> admitted, Function<Refused, T> refused) {
            return refused.apply(this);
        }
    }
}
