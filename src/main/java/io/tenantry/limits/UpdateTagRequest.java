package io.tenantry.limits;

import com.fasterxml.jackson.annotation.JsonAnySetter;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import io.tenantry.core.Patch;
import io.tenantry.tenancy.LimitPatch;
import io.tenantry.tenancy.UnsupportedFields;
import jakarta.validation.constraints.NotBlank;
import jakarta.validation.constraints.Size;
import java.math.BigDecimal;
import java.time.Instant;
import java.util.Map;

/** What is to change in a tag: absent stays, null is cleared. */
@JsonNaming(PropertyNamingStrategies.SnakeCaseStrategy.class)
public record UpdateTagRequest(
        @NotBlank String name,
        Patch<@Size(max = 2_000) String> description,
        Patch<String> budgetId,
        Patch<BigDecimal> maxBudget,
        Patch<BigDecimal> softBudget,
        Patch<String> budgetDuration,
        Patch<Instant> budgetResetAt,
        Patch<Long> tpmLimit,
        Patch<Long> rpmLimit,
        Patch<Integer> maxParallelRequests,
        @JsonAnySetter Map<String, Object> others) {

    void requireSupported() {
        UnsupportedFields.refuse(others, UnsupportedFields.OF_TAGS);
        UnsupportedFields.refuseSpend(others);
    }

    LimitPatch limits() {
        return new LimitPatch(maxBudget, softBudget, budgetDuration, tpmLimit, rpmLimit, maxParallelRequests, others);
    }
}
