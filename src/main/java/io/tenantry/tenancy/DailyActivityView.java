package io.tenantry.tenancy;

import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import java.math.BigDecimal;
import java.time.LocalDate;
import java.util.List;
import java.util.Map;
import org.eclipse.microprofile.openapi.annotations.media.Schema;

/** What was used, day by day, newest first. */
@JsonNaming(PropertyNamingStrategies.SnakeCaseStrategy.class)
public record DailyActivityView(List<Day> results, Totals metadata) {

    /** One day. */
    @JsonNaming(PropertyNamingStrategies.SnakeCaseStrategy.class)
    @Schema(name = "ActivityDay")
    public record Day(LocalDate date, Metrics metrics, Breakdown breakdown) {}

    /** Sums. Cached tokens are not told apart by the ledger and are part of the prompt tokens. */
    @JsonNaming(PropertyNamingStrategies.SnakeCaseStrategy.class)
    @Schema(name = "ActivityMetrics")
    public record Metrics(
            BigDecimal spend,
            long promptTokens,
            long completionTokens,
            long cacheReadInputTokens,
            long cacheCreationInputTokens,
            long totalTokens,
            long successfulRequests,
            long failedRequests,
            long apiRequests) {}

    /** The same sums by what they were used with. */
    @JsonNaming(PropertyNamingStrategies.SnakeCaseStrategy.class)
    @Schema(name = "ActivityBreakdown")
    public record Breakdown(
            Map<String, Slice> mcpServers,
            Map<String, Slice> models,
            Map<String, Slice> modelGroups,
            Map<String, Slice> providers,
            Map<String, Slice> endpoints,
            Map<String, KeySlice> apiKeys,
            Map<String, Slice> entities) {}

    /** One model, provider or entity, and its keys. */
    @JsonNaming(PropertyNamingStrategies.SnakeCaseStrategy.class)
    @Schema(name = "ActivitySlice")
    public record Slice(Metrics metrics, Map<String, String> metadata, Map<String, KeySlice> apiKeyBreakdown) {}

    /** One key. */
    @JsonNaming(PropertyNamingStrategies.SnakeCaseStrategy.class)
    @Schema(name = "ActivityOfKey")
    public record KeySlice(Metrics metrics, KeyNames metadata) {}

    /** How a key is called. */
    @JsonNaming(PropertyNamingStrategies.SnakeCaseStrategy.class)
    @Schema(name = "ActivityKeyNames")
    public record KeyNames(String keyAlias, String teamId) {}

    /** Sums over this page, and where it stands. */
    @JsonNaming(PropertyNamingStrategies.SnakeCaseStrategy.class)
    @Schema(name = "ActivityTotals")
    public record Totals(
            BigDecimal totalSpend,
            long totalPromptTokens,
            long totalCompletionTokens,
            long totalTokens,
            long totalApiRequests,
            long totalSuccessfulRequests,
            long totalFailedRequests,
            long totalCacheReadInputTokens,
            long totalCacheCreationInputTokens,
            int page,
            long totalPages,
            boolean hasMore) {}
}
