package io.tenantry.usage;

import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import java.math.BigDecimal;
import java.util.List;
import java.util.Map;
import org.eclipse.microprofile.openapi.annotations.media.Schema;

/** How the entries of {@code /spend/logs} are described to clients: bookings, or the sums of a day. They are written as maps. */
@Schema(
        name = "SpendLogsEntry",
        anyOf = {SpendRows.Booking.class, SpendRows.Day.class})
interface SpendRows {

    /** See {@link SpendLogs}. */
    @Schema(name = "Booking")
    @JsonNaming(PropertyNamingStrategies.SnakeCaseStrategy.class)
    record Booking(
            String requestId,

            @Schema(description = "adjustment, or empty") String callType,

            @Schema(description = "The SHA-256 of the key's secret")
            String apiKey,

            String keyId,
            BigDecimal spend,
            Long totalTokens,
            Long promptTokens,
            Long completionTokens,

            @JsonProperty("startTime") @Schema(description = "When it was admitted, ISO 8601")
            String startTime,

            @JsonProperty("endTime") @Schema(description = "When it was settled, ISO 8601")
            String endTime,

            @JsonProperty("completionStartTime") String completionStartTime,
            String model,
            String modelId,
            String modelGroup,
            String customLlmProvider,
            String apiBase,
            String user,
            Map<String, Object> metadata,
            String cacheHit,
            String cacheKey,
            List<String> requestTags,
            String teamId,
            String organizationId,
            String endUser,
            String requesterIpAddress,
            Map<String, Object> messages,
            Map<String, Object> response,
            Map<String, Object> proxyServerRequest,
            String sessionId,
            String status) {}

    /** See {@link SpendDays}. Beside these fields it has one for each key, named by the SHA-256 of the key's secret. */
    @Schema(
            name = "SpendDay",
            description = "The sums of a day; beside these fields one for each key, named by the SHA-256 of its secret",
            additionalProperties = BigDecimal.class)
    record Day(
            @Schema(description = "The day, YYYY-MM-DD") String startTime,
            BigDecimal spend,
            Map<String, BigDecimal> users,
            Map<String, BigDecimal> models) {}
}
