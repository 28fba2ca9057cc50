package io.tenantry.limits;

import jakarta.validation.constraints.NotEmpty;
import jakarta.validation.constraints.NotNull;
import jakarta.validation.constraints.Size;
import java.util.List;

/** Which budgets are asked for. */
public record BudgetsRequest(
        @NotEmpty @Size(max = BudgetsRequest.MOST) List<@NotNull String> budgets) {

    static final int MOST = 1_000;
}
