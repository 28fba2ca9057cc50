package io.tenantry.admission;

import com.fasterxml.jackson.databind.PropertyNamingStrategies.SnakeCaseStrategy;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import java.math.BigDecimal;
import org.eclipse.microprofile.openapi.annotations.media.Schema;

/** What was taken for a request, and why so much. */
@JsonNaming(SnakeCaseStrategy.class)
public record EstimateView(
        @Schema(description = "Input and output together, as taken from token rates")
        long tokens,

        @Schema(description = "Held in budgets, US dollars; 0 where no cap applies")
        BigDecimal costUsd,

        @Schema(
                description =
                        "Where the output tokens come from: request (max_output_tokens), observed (what this key's requests to this model usually answer) or default")
        String source,

        @Schema(
                description =
                        "Budgets hold less than the tokens are and may cost, so that one request cannot lock a small one")
        boolean bounded) {

    static EstimateView of(Estimate estimate) {
        return estimate == null
                ? null
                : new EstimateView(
                        estimate.tokens(), estimate.cost().toUsd(), estimate.source().wire, estimate.bounded());
    }
}
