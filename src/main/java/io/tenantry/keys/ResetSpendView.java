package io.tenantry.keys;

import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import java.math.BigDecimal;
import java.time.Instant;

/** What a key's spend counts as now and what it counted as before, in US dollars. */
@JsonNaming(PropertyNamingStrategies.SnakeCaseStrategy.class)
public record ResetSpendView(
        String keyHash, BigDecimal spend, BigDecimal previousSpend, BigDecimal maxBudget, Instant budgetResetAt) {}
