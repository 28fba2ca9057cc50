package io.tenantry.audit;

import com.fasterxml.jackson.databind.PropertyNamingStrategies.SnakeCaseStrategy;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import jakarta.validation.constraints.NotNull;
import java.time.Instant;
import org.eclipse.microprofile.openapi.annotations.enums.SchemaType;
import org.eclipse.microprofile.openapi.annotations.media.Schema;

/**
 * One change, as clients read it.
 *
 * @param changedBy       whom it was done for, where the caller said so, else who did it
 * @param changedByApiKey the id of the key it was done with; empty for the master key and for tokens
 * @param actor           whose credential it was done with
 */
@JsonNaming(SnakeCaseStrategy.class)
public record AuditEntryView(
        @NotNull String id,
        @NotNull Instant updatedAt,
        @NotNull String changedBy,
        @NotNull String changedByApiKey,
        @NotNull String action,
        @NotNull String tableName,
        @NotNull String objectId,
        @Schema(type = SchemaType.OBJECT) Object beforeValue,
        @Schema(type = SchemaType.OBJECT) Object updatedValues,
        String actor,
        String organizationId) {}
