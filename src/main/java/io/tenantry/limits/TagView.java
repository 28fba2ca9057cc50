package io.tenantry.limits;

import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import io.quarkus.runtime.annotations.RegisterForReflection;
import io.tenantry.core.NanoUsd;
import io.tenantry.tenancy.BudgetDirectory.BudgetTerms;
import io.tenantry.tenancy.BudgetTableView;
import jakarta.validation.constraints.NotNull;
import java.math.BigDecimal;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.eclipse.microprofile.openapi.annotations.media.Schema;

/** A tag as clients read it. Models of a tag choose deployments, which are the proxy's, so there are none. */
@JsonNaming(PropertyNamingStrategies.SnakeCaseStrategy.class)
public record TagView(
        @NotNull String name,
        String description,
        List<String> models,
        Map<String, String> modelInfo,
        @NotNull BigDecimal spend,
        String budgetId,
        Instant budgetResetAt,
        BudgetTableView litellmBudgetTable,
        @NotNull Instant createdAt,
        @NotNull Instant updatedAt,
        String createdBy,
        String updatedBy) {

    static TagView of(Tag tag, BudgetTerms budget, NanoUsd spend) {
        return new TagView(
                tag.name,
                tag.description,
                List.of(),
                Map.of(),
                spend.toUsd(),
                tag.budgetId,
                budget == null ? null : BudgetReset.at(budget.limits(), Instant.now()),
                BudgetTableView.of(budget),
                tag.createdAt,
                tag.updatedAt,
                tag.createdBy,
                tag.updatedBy);
    }

    /** The answer to a change. */
    @RegisterForReflection
    @Schema(name = "TagChanged")
    public record Changed(String message, TagView tag) {}

    /** The answer to a deletion. */
    @RegisterForReflection
    @Schema(name = "TagDeleted")
    public record Deleted(String message) {}
}
