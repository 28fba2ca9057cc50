package io.tenantry.usage;

import com.fasterxml.jackson.databind.PropertyNamingStrategies.SnakeCaseStrategy;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import jakarta.validation.Valid;
import jakarta.validation.constraints.DecimalMax;
import jakarta.validation.constraints.Max;
import jakarta.validation.constraints.NotBlank;
import jakarta.validation.constraints.NotEmpty;
import jakarta.validation.constraints.NotNull;
import jakarta.validation.constraints.Pattern;
import jakarta.validation.constraints.PositiveOrZero;
import jakarta.validation.constraints.Size;
import java.math.BigDecimal;
import java.time.Instant;
import java.util.List;
import org.eclipse.microprofile.openapi.annotations.media.Schema;

/** Uses that had no admission: of calls that went past the proxy, of batch jobs, of another meter. */
@JsonNaming(SnakeCaseStrategy.class)
public record UsageRequest(
        @NotEmpty
        @Size(max = UsageRequest.MOST, message = "has more than 1000 uses: send them 1000 at a time, in several calls")
        List<@NotNull @Valid Use> uses) {

    static final int MOST = 1_000;

    /** One use. Named by exactly one of {@code api_key} and {@code key_id}. */
    @JsonNaming(SnakeCaseStrategy.class)
    @Schema(name = "UsageEntry")
    public record Use(
            @Schema(description = "Booked once for its key under this id", examples = "req-91")
            @NotBlank
            @Size(max = 255)
            String requestId,

            @Schema(description = "The caller's credential; or name the key by key_id") @Size(max = 512)
            String apiKey,

            @Schema(description = "The key's id; or name the key by api_key")
            @Pattern(
                    regexp = "[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}",
                    message = "must be a key_id, a UUID")
            String keyId,

            @NotBlank @Size(max = 255) String model,
            @PositiveOrZero @Max(Used.MOST_TOKENS) Long inputTokens,
            @PositiveOrZero @Max(Used.MOST_TOKENS) Long outputTokens,

            @Schema(
                    description =
                            "Input and output together when absent; never less. What is neither is priced as output")
            @PositiveOrZero
            @Max(Used.MOST_TOKENS)
            Long totalTokens,

            @Schema(description = "From the price list when absent") @PositiveOrZero @DecimalMax("1000000")
            BigDecimal costUsd,

            @Schema(description = "success, failure or cancelled", defaultValue = "success")
            @Pattern(regexp = Used.STATUS_PATTERN, message = Used.STATUS_RULE)
            String status,

            @Size(max = 255) String endUser,
            @Size(max = 20) List<@NotBlank @Size(max = 100) String> tags,

            @Schema(
                    description = "Refused when true: only what was admitted is settled in parts",
                    defaultValue = "false")
            Boolean partial,

            @Schema(description = "When it was used, now when absent: it is counted in the periods of that moment")
            Instant at) {

        public Use {
            endUser = endUser == null || endUser.isBlank() ? null : endUser;
            tags = tags == null ? List.of() : tags;
        }
    }
}
