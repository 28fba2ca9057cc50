package io.tenantry.audit;

import com.fasterxml.jackson.databind.PropertyNamingStrategies.SnakeCaseStrategy;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
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
        String id,
        Instant updatedAt,
        String changedBy,
        String changedByApiKey,
        String action,
        String tableName,
        String objectId,
        @Schema(type = SchemaType.OBJECT) Object beforeValue,
        @Schema(type = SchemaType.OBJECT) Object updatedValues,
        String actor,
        String organizationId) {}
