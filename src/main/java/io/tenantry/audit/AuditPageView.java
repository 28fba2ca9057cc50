package io.tenantry.audit;

import com.fasterxml.jackson.databind.PropertyNamingStrategies.SnakeCaseStrategy;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import jakarta.validation.constraints.NotNull;
import java.util.List;

/**
 * A page of the trail.
 *
 * @param total      counted up to 100,000
 * @param nextCursor where the next page begins; null on the last one
 */
@JsonNaming(SnakeCaseStrategy.class)
public record AuditPageView(
        @NotNull List<AuditEntryView> auditLogs,
        long total,
        int page,
        int pageSize,
        long totalPages,
        String nextCursor) {}
