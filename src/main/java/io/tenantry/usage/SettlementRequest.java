package io.tenantry.usage;

import com.fasterxml.jackson.databind.PropertyNamingStrategies.SnakeCaseStrategy;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import jakarta.validation.constraints.DecimalMax;
import jakarta.validation.constraints.Max;
import jakarta.validation.constraints.Pattern;
import jakarta.validation.constraints.PositiveOrZero;
import jakarta.validation.constraints.Size;
import java.math.BigDecimal;
import org.eclipse.microprofile.openapi.annotations.media.Schema;

/** What was really used. */
@JsonNaming(SnakeCaseStrategy.class)
public record SettlementRequest(
        @PositiveOrZero @Max(MOST_TOKENS) Long inputTokens,
        @PositiveOrZero @Max(MOST_TOKENS) Long outputTokens,

        @Schema(description = "Input and output together when absent") @PositiveOrZero @Max(MOST_TOKENS)
        Long totalTokens,

        @Schema(description = "From the price list when absent") @PositiveOrZero @DecimalMax("1000000")
        BigDecimal costUsd,

        @Schema(description = "The model that answered, if it was another than admitted") @Size(min = 1, max = 255)
        String model,

        @Schema(description = "success or failure", defaultValue = "success")
        @Pattern(regexp = "success|failure", message = "must be success or failure")
        String status,

        @Schema(description = "At least this much was used: the stream broke off, nothing is given back")
        Boolean partial) {

    static final long MOST_TOKENS = 1_000_000_000;

    long inputTokensOrZero() {
        return inputTokens == null ? 0 : inputTokens;
    }

    long outputTokensOrZero() {
        return outputTokens == null ? 0 : outputTokens;
    }

    long totalTokensOrSum() {
        return totalTokens == null ? inputTokensOrZero() + outputTokensOrZero() : totalTokens;
    }

    boolean failed() {
        return "failure".equals(status);
    }

    boolean isPartial() {
        return Boolean.TRUE.equals(partial);
    }
}
