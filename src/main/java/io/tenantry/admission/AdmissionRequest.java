package io.tenantry.admission;

import com.fasterxml.jackson.databind.PropertyNamingStrategies.SnakeCaseStrategy;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import io.tenantry.core.Problem;
import io.tenantry.core.ProblemCode;
import jakarta.validation.Valid;
import jakarta.validation.constraints.DecimalMax;
import jakarta.validation.constraints.Max;
import jakarta.validation.constraints.NotBlank;
import jakarta.validation.constraints.Positive;
import jakarta.validation.constraints.PositiveOrZero;
import jakarta.validation.constraints.Size;
import java.math.BigDecimal;
import java.util.List;
import org.eclipse.microprofile.openapi.annotations.media.Schema;

/** May this request pass? Asked by a proxy before it calls a model. */
@JsonNaming(SnakeCaseStrategy.class)
public record AdmissionRequest(
        @Schema(
                description =
                        "The proxy's own id of the request, like no other of the same key: what is used under it is booked once. Never take it from a caller, who could send it twice and pay once. Repeating it gives the first answer. Made up when absent",
                examples = "req-91")
        @Size(min = 1, max = 255)
        String requestId,

        @Schema(description = "The end caller's credential", examples = "sk-…") @NotBlank @Size(max = 512)
        String apiKey,

        @Schema(description = "The model as the caller named it", examples = "gpt-4o") @NotBlank @Size(max = 255)
        String model,

        @Schema(description = "Tokens of the prompt") @PositiveOrZero @Max(MOST_TOKENS)
        Long inputTokens,

        @Schema(description = "The most that the answer may have; a configured default when absent")
        @PositiveOrZero
        @Max(MOST_TOKENS)
        Long maxOutputTokens,

        @Schema(description = "The customer on whose behalf the caller acts") @Size(max = 255)
        String endUser,

        @Schema(description = "Names to report the use under") @Size(max = 20)
        List<@NotBlank @Size(max = 100) String> tags,

        @Schema(
                description =
                        "Where the model that will be called runs. Needed when the key's user is confined to a region",
                examples = "eu")
        @Size(max = 64)
        String modelRegion,

        @Schema(description = "What else the request wants to use. What it names is held to the object permissions")
        @Valid
        WantedObjectsRequest objects,

        @Schema(description = "What the request may cost, in US dollars; from the price list when absent")
        @PositiveOrZero
        @DecimalMax("1000000")
        BigDecimal estimatedCostUsd,

        @Schema(
                description =
                        "true: work that may be larger than a minute's limit. What fits is taken; ask again with the same request_id until it is admitted",
                defaultValue = "false")
        Boolean batch,

        @Schema(
                description =
                        "Of batch work: how many requests it has; input_tokens and max_output_tokens are those of all",
                defaultValue = "1")
        @Positive
        @Max(MOST_TOKENS)
        Long requests) {

    /** More than any model takes; keeps sums and prices far from overflow. */
    static final long MOST_TOKENS = 1_000_000_000;

    public AdmissionRequest {
        endUser = endUser == null || endUser.isBlank() ? null : endUser; // as clients say that there is none
        tags = tags == null ? List.of() : tags;
        objects = objects == null ? WantedObjectsRequest.NONE : objects;
    }

    /**
     * Whether the request is so ordinary that no constraint above can be violated: shorter texts, and none of what is rarely sent. Spares the usual request
     * the validator, which would be a tenth of its admission; all others are validated.
     */
    boolean looksOrdinary() {
        return (requestId == null || isShort(requestId))
                && isShort(apiKey)
                && isShort(model)
                && isNumberOfTokens(inputTokens)
                && isNumberOfTokens(maxOutputTokens)
                && (endUser == null || isShort(endUser))
                && tags.isEmpty()
                && modelRegion == null
                && objects == WantedObjectsRequest.NONE
                && estimatedCostUsd == null
                && batch == null
                && requests == null;
    }

    private static boolean isShort(String text) {
        return text != null && !text.isBlank() && text.length() <= 128;
    }

    private static boolean isNumberOfTokens(Long tokens) {
        return tokens == null || (tokens >= 0 && tokens <= MOST_TOKENS);
    }

    boolean isBatch() {
        return Boolean.TRUE.equals(batch);
    }

    long requestCount() {
        return requests == null ? 1 : requests;
    }

    /** Fails with INVALID_VALUE where batch work cannot be continued, or something else is to be counted several times. */
    void requireMeaningful() {
        if (isBatch() && requestId == null) {
            throw Problem.of(ProblemCode.INVALID_VALUE)
                    .param("request_id")
                    .detail("request_id is required for batch work: the next call goes on under the same one");
        }
        if (!isBatch() && requestCount() > 1) {
            throw Problem.of(ProblemCode.INVALID_VALUE)
                    .param("requests")
                    .detail("requests is for batch work: send batch: true with it");
        }
    }
}
