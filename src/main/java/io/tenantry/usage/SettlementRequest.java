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
        @PositiveOrZero @Max(Used.MOST_TOKENS) Long inputTokens,
        @PositiveOrZero @Max(Used.MOST_TOKENS) Long outputTokens,

        @Schema(description = "Input and output together when absent; never less. What is neither is priced as output")
        @PositiveOrZero
        @Max(Used.MOST_TOKENS)
        Long totalTokens,

        @Schema(description = "From the price list when absent") @PositiveOrZero @DecimalMax("1000000")
        BigDecimal costUsd,

        @Schema(description = "The model that answered, if it was another than admitted") @Size(min = 1, max = 255)
        String model,

        @Schema(
                description = "success, failure or cancelled; a call that came to nothing may cost nothing",
                defaultValue = "success")
        @Pattern(regexp = Used.STATUS_PATTERN, message = Used.STATUS_RULE)
        String status,

        @Schema(
                description =
                        "At least this much was used: the stream broke off, nothing is given back. Slot and held money are freed; later settlements raise what is booked, until one is not partial")
        Boolean partial) {

    /** Whether no constraint above can be violated: spares the usual request the validator; all others are validated. */
    boolean looksOrdinary() {
        return isNumberOfTokens(inputTokens)
                && isNumberOfTokens(outputTokens)
                && isNumberOfTokens(totalTokens)
                && costUsd == null
                && model == null
                && (status == null || status.equals(Used.SUCCESS));
    }

    private static boolean isNumberOfTokens(Long tokens) {
        return tokens == null || (tokens >= 0 && tokens <= Used.MOST_TOKENS);
    }

    /** Fails with INVALID_VALUE when the tokens contradict each other. */
    Used used() {
        return Used.of(inputTokens, outputTokens, totalTokens, costUsd, status, partial);
    }
}
