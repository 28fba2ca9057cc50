package io.tenantry.tenancy;

import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import jakarta.validation.constraints.NotNull;
import java.math.BigDecimal;

/** What the spend of the current period is to count as from now on. */
@JsonNaming(PropertyNamingStrategies.SnakeCaseStrategy.class)
public record ResetSpendRequest(@NotNull BigDecimal resetTo) {}
