package io.tenantry.usage;

import com.fasterxml.jackson.databind.PropertyNamingStrategies.SnakeCaseStrategy;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import io.tenantry.core.NanoUsd;
import io.vertx.core.json.JsonObject;
import jakarta.validation.constraints.NotNull;
import java.math.BigDecimal;
import java.time.Instant;
import java.time.OffsetDateTime;
import org.eclipse.microprofile.openapi.annotations.media.Schema;

/** An adjustment as it is in the ledger. */
@JsonNaming(SnakeCaseStrategy.class)
public record AdjustmentView(
        @NotNull String adjustmentId,
        String requestId,
        String keyId,
        String userId,
        String teamId,
        String organizationId,
        @NotNull BigDecimal amountUsd,
        @NotNull String reason,
        @NotNull String actor,

        @Schema(description = "The moment in whose periods it is counted") @NotNull
        Instant effectiveAt,

        @NotNull Instant adjustedAt) {

    static AdjustmentView of(JsonObject entry) {
        return new AdjustmentView(
                entry.getString("adjustment_id"),
                entry.getString("request_id"),
                entry.getString("key_id"),
                entry.getString("user_id"),
                entry.getString("team_id"),
                entry.getString("organization_id"),
                new NanoUsd(entry.getLong("cost_nano")).toUsd(),
                entry.getString("reason"),
                entry.getString("actor"),
                OffsetDateTime.parse(entry.getString("effective_at")).toInstant(),
                OffsetDateTime.parse(entry.getString("adjusted_at")).toInstant());
    }
}
