package io.tenantry.usage;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonInclude.Include;
import com.fasterxml.jackson.databind.PropertyNamingStrategies.SnakeCaseStrategy;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import io.tenantry.core.Problem;
import java.math.BigDecimal;
import java.time.Instant;
import java.util.List;
import org.eclipse.microprofile.openapi.annotations.media.Schema;

/** What became of each use, in the order in which they were sent. */
@JsonNaming(SnakeCaseStrategy.class)
public record UsageView(int booked, int repeated, int refused, List<UseView> results) {

    static final String BOOKED = "booked";
    static final String REPEATED = "repeated";
    static final String REFUSED = "refused";

    static UsageView of(List<UseView> results) {
        return new UsageView(
                count(results, BOOKED), count(results, REPEATED), count(results, REFUSED), List.copyOf(results));
    }

    private static int count(List<UseView> results, String outcome) {
        return (int)
                results.stream().filter(use -> use.outcome().equals(outcome)).count();
    }

    /** What is in the ledger for a use: of this call, or of the one that booked it; or why nothing is. */
    @JsonNaming(SnakeCaseStrategy.class)
    @JsonInclude(Include.NON_NULL)
    @Schema(name = "UsageEntryView")
    public record UseView(
            String requestId,

            @Schema(
                    description =
                            "booked, repeated (it had been booked before) or refused (sending it again does not help)")
            String outcome,

            @Schema(description = "When refused: unknown_key, model_unpriced or invalid")
            String reason,

            @Schema(description = "When refused: the field at fault")
            String param,

            String message,
            String model,
            Long totalTokens,
            BigDecimal costUsd,
            String status,
            Instant settledAt) {

        static UseView booked(String requestId, Booked booked) {
            return new UseView(
                    requestId,
                    booked.first() ? BOOKED : REPEATED,
                    null,
                    null,
                    null,
                    booked.model(),
                    booked.totalTokens(),
                    booked.cost().toUsd(),
                    booked.status(),
                    booked.settledAt());
        }

        static UseView refused(String requestId, Problem problem) {
            var reason =
                    switch (problem.code()) {
                        case UNKNOWN_KEY -> "unknown_key";
                        case MODEL_UNPRICED -> "model_unpriced";
                        default -> "invalid";
                    };
            return new UseView(
                    requestId, REFUSED, reason, problem.param(), problem.getMessage(), null, null, null, null, null);
        }
    }
}
