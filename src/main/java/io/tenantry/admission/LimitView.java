package io.tenantry.admission;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonInclude.Include;
import com.fasterxml.jackson.databind.PropertyNamingStrategies.SnakeCaseStrategy;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import io.tenantry.core.BudgetPeriod;
import io.tenantry.core.NanoUsd;
import io.tenantry.limits.engine.Charge;
import io.tenantry.limits.engine.LimitKind;
import io.tenantry.limits.engine.Standing;
import jakarta.validation.constraints.NotNull;
import java.math.BigDecimal;
import java.time.Instant;
import org.eclipse.microprofile.openapi.annotations.media.Schema;

/** How one limit stands. */
@JsonNaming(SnakeCaseStrategy.class)
public record LimitView(
        @Schema(description = "key, team_member, user, team, organization_member or organization") @NotNull
        String scope,

        @NotNull String id,

        @Schema(
                description =
                        "requests, tokens, input_tokens, output_tokens, tokens_per_day, input_tokens_per_day, output_tokens_per_day, max_parallel_requests, budget, token_budget or request_budget")
        @NotNull
        String kind,

        @Schema(description = "null: the limit is on all models")
        String model,

        @Schema(description = "The limit is on requests with this tag") @JsonInclude(Include.NON_NULL)
        String tag,

        @Schema(
                description =
                        "Tokens or requests a minute (…_per_day: a day), slots, or US dollars, tokens or requests a period; null for a budget without a hard cap")
        BigDecimal limit,

        @Schema(description = "In the unit of limit; null where there is no limit")
        BigDecimal remaining,

        @Schema(
                description =
                        "For budgets: US dollars of limit that were left over from the period before (budget_rollover)")
        @JsonInclude(Include.NON_NULL)
        BigDecimal carried,

        @Schema(description = "For budgets: settled use of this period")
        BigDecimal spent,

        @Schema(description = "For budgets: held by open admissions")
        BigDecimal held,

        @Schema(description = "Milliseconds until the bucket is full again")
        Long resetMs,

        @Schema(description = "For budgets: the length of a period; null for one that is for ever")
        @JsonInclude(Include.NON_NULL)
        String period,

        @Schema(description = "For budgets: when the next period begins") @JsonInclude(Include.NON_NULL)
        Instant resetsAt,

        @Schema(
                description =
                        "true: the limit would have refused, and does not: it is in shadow mode, or dynamic while the model works, or the key is throttled instead")
        @JsonInclude(Include.NON_NULL)
        Boolean shadowed,

        @Schema(description = "true: the part of the key's rate that is left because its budget is spent")
        @JsonInclude(Include.NON_NULL)
        Boolean throttled) {

    static LimitView of(Standing standing) {
        var charge = standing.charge();
        var ref = charge.limit();
        var budget = charge instanceof Charge.Budget found ? found : null;
        boolean ofTag = ref.kind() == LimitKind.TAG_REQUESTS;
        boolean isUnlimited = charge.most() == Charge.UNLIMITED;
        boolean ends = budget != null && !budget.window().equals(BudgetPeriod.LIFETIME);
        return new LimitView(
                ref.scope().label,
                ref.id(),
                ref.kind().wire,
                ofTag ? null : ref.model(),
                ofTag ? ref.model() : null,
                isUnlimited ? null : amount(charge.most(), ref.kind()),
                isUnlimited ? null : amount(standing.remaining(), ref.kind()),
                standing.carried() == 0 ? null : amount(standing.carried(), ref.kind()),
                budget == null ? null : amount(standing.used(), ref.kind()),
                budget == null ? null : amount(standing.held(), ref.kind()),
                charge instanceof Charge.Rate ? resetMillis(standing) : null,
                ends ? budget.window().period() : null,
                ends ? budget.window().end() : null,
                charge.shadow() && standing.isShort() ? true : null,
                ref.kind().isThrottled() ? true : null);
    }

    static long resetMillis(Standing standing) {
        return (standing.resetMicros() + 999) / 1_000;
    }

    /** What a request is charged, in the unit of the limit. */
    static BigDecimal amountOf(Charge charge) {
        return amount(charge.amount(), charge.limit().kind());
    }

    private static BigDecimal amount(long value, LimitKind kind) {
        return kind == LimitKind.BUDGET ? new NanoUsd(value).toUsd() : BigDecimal.valueOf(value);
    }
}
