package io.tenantry.keys;

import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import java.time.Instant;
import org.eclipse.microprofile.openapi.annotations.media.Schema;

/** How a deleted key is described to clients, see {@link DeletedKeys}. */
@Schema(name = "DeletedKey")
@JsonNaming(PropertyNamingStrategies.SnakeCaseStrategy.class)
record DeletedKeyRow(
        String id,
        String keyId,

        @Schema(description = "The secret's SHA-256") String token,

        String keyName,
        String keyAlias,
        String userId,
        String teamId,
        String organizationId,

        @Schema(description = "The same as organization_id") String orgId,

        @Schema(description = "Always deleted") String status,

        Instant deletedAt,
        String deletedBy,

        @Schema(description = "The key_id of the key that deleted it")
        String deletedByApiKey,

        @Schema(description = "On whose behalf, as the caller said")
        String litellmChangedBy) {}
