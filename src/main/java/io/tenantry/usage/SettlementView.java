package io.tenantry.usage;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.databind.PropertyNamingStrategies.SnakeCaseStrategy;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import io.tenantry.admission.AdmissionId;
import jakarta.validation.constraints.NotNull;
import java.math.BigDecimal;
import java.time.Instant;
import org.eclipse.microprofile.openapi.annotations.media.Schema;

/** What is in the ledger: the same answer however often the settlement is repeated. */
@JsonNaming(SnakeCaseStrategy.class)
public record SettlementView(
        boolean settled,
        @NotNull String admissionId,
        @NotNull String requestId,
        @NotNull String model,
        long inputTokens,
        long outputTokens,
        long totalTokens,
        @NotNull BigDecimal costUsd,
        @NotNull String status,
        boolean partial,
        @NotNull Instant settledAt,

        @Schema(
                description =
                        "true while it is durably kept and not in the ledger yet, because the database is away; else absent")
        @JsonInclude(JsonInclude.Include.NON_NULL)
        Boolean spooled) {

    static SettlementView of(AdmissionId id, Booked booked) {
        return new SettlementView(
                true,
                id.text(),
                id.requestId(),
                booked.model(),
                booked.inputTokens(),
                booked.outputTokens(),
                booked.totalTokens(),
                booked.cost().toUsd(),
                booked.status(),
                booked.partial(),
                booked.settledAt(),
                booked.spooled() ? Boolean.TRUE : null);
    }
}
