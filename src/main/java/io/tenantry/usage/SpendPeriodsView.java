package io.tenantry.usage;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonInclude.Include;
import com.fasterxml.jackson.databind.PropertyNamingStrategies.SnakeCaseStrategy;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import java.math.BigDecimal;
import java.time.Instant;
import java.util.List;
import org.eclipse.microprofile.openapi.annotations.media.Schema;

/** What one scope used, period by period. */
@JsonNaming(SnakeCaseStrategy.class)
@JsonInclude(Include.NON_NULL)
public record SpendPeriodsView(
        String scope,
        String id,

        @Schema(description = "Absent for all models together")
        String model,

        @Schema(description = "Newest first; the running ones and all of the past")
        List<PeriodView> periods) {

    /** One period. */
    @JsonNaming(SnakeCaseStrategy.class)
    @JsonInclude(Include.NON_NULL)
    public record PeriodView(
            @Schema(description = "Its length, or lifetime", examples = "1mo")
            String period,

            @Schema(description = "Absent for the lifetime") Instant startsAt,

            @Schema(description = "Absent for the lifetime") Instant endsAt,

            @Schema(description = "US dollars, adjustments included")
            BigDecimal spend,

            @Schema(description = "US dollars of it that a reset forgave: they count against no cap any more")
            BigDecimal forgiven,

            @Schema(
                    description =
                            "US dollars that the period had in addition, left over from the one before (budget_rollover)")
            BigDecimal carried,

            long requests,
            long inputTokens,
            long outputTokens,
            long totalTokens) {}
}
