package io.tenantry.admission;

import com.fasterxml.jackson.databind.PropertyNamingStrategies.SnakeCaseStrategy;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import java.time.Instant;
import org.eclipse.microprofile.openapi.annotations.media.Schema;

/** The answer to an extension. */
@JsonNaming(SnakeCaseStrategy.class)
public record ExtensionView(
        String admissionId,
        String requestId,

        @Schema(description = "When slots and money are given back unless it is settled or extended again")
        Instant expiresAt) {}
