package io.tenantry.usage;

import com.fasterxml.jackson.databind.PropertyNamingStrategies.SnakeCaseStrategy;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import jakarta.validation.constraints.DecimalMax;
import jakarta.validation.constraints.DecimalMin;
import jakarta.validation.constraints.NotBlank;
import jakarta.validation.constraints.NotNull;
import jakarta.validation.constraints.Size;
import java.math.BigDecimal;
import java.time.Instant;
import org.eclipse.microprofile.openapi.annotations.media.Schema;

/** A correction of what was booked. Of a request, or else of a key, a team, a user, a member ({@code team_id} and {@code user_id}) or an organization. */
@JsonNaming(SnakeCaseStrategy.class)
public record NewAdjustmentRequest(
        @Schema(description = "Booked once under this id, which may equal a request's; made up when absent")
        @Size(min = 1, max = 255)
        String adjustmentId,

        @Schema(
                description =
                        "The request whose cost is corrected: its newest booking. With key where several keys have one of this id")
        @Size(min = 1, max = 255)
        String requestId,

        @Schema(description = "The key, or that of the request: its secret, hash or key_id") @Size(min = 1, max = 512)
        String key,

        @Size(min = 1, max = 255) String teamId,
        @Size(min = 1, max = 255) String userId,
        @Size(min = 1, max = 255) String organizationId,

        @Schema(description = "US dollars: negative is a refund, positive a charge", examples = "-0.25")
        @NotNull
        @DecimalMin("-1000000")
        @DecimalMax("1000000")
        BigDecimal amountUsd,

        @Schema(description = "Why; kept with the entry and in the audit trail") @NotBlank @Size(max = 1000)
        String reason,

        @Schema(
                description =
                        "In whose periods it is counted; now when absent. A request's correction is counted in those of the request")
        Instant at) {}
