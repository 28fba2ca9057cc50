package io.tenantry.limits;

import com.fasterxml.jackson.annotation.JsonAnySetter;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import io.tenantry.tenancy.LimitColumns;
import io.tenantry.tenancy.UnsupportedFields;
import jakarta.validation.constraints.NotBlank;
import jakarta.validation.constraints.Size;
import java.math.BigDecimal;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Map;

/** The tag to be made, with a shared budget or limits of its own. */
@JsonNaming(PropertyNamingStrategies.SnakeCaseStrategy.class)
public record NewTagRequest(
        @NotBlank @Size(max = 255) String name,
        @Size(max = 2_000) String description,
        String budgetId,
        BigDecimal maxBudget,
        BigDecimal softBudget,
        String budgetDuration,
        Instant budgetResetAt,
        Long tpmLimit,
        Long rpmLimit,
        Integer maxParallelRequests,
        @JsonAnySetter Map<String, Object> others) {

    LimitColumns limits() {
        var limits = LimitColumns.of(maxBudget, softBudget, budgetDuration, tpmLimit, rpmLimit, maxParallelRequests)
                .withFurther(others);
        BudgetReset.require(budgetResetAt, limits, Instant.now());
        return limits;
    }

    String sharedBudgetOrNone() {
        return budgetId == null || budgetId.isBlank() ? null : budgetId;
    }

    /** The tag without its budget. Fails naming the first field that cannot be honoured. */
    Tag toTag(String actor) {
        UnsupportedFields.refuse(others, UnsupportedFields.OF_TAGS);
        var tag = new Tag();
        tag.name = name;
        tag.description = description;
        tag.createdAt = Instant.now().truncatedTo(ChronoUnit.MICROS);
        tag.updatedAt = tag.createdAt;
        tag.createdBy = actor;
        tag.updatedBy = actor;
        return tag;
    }
}
