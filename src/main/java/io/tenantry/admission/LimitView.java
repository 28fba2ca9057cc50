package io.tenantry.admission;

import com.fasterxml.jackson.databind.PropertyNamingStrategies.SnakeCaseStrategy;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import io.tenantry.core.NanoUsd;
import io.tenantry.limits.engine.Charge;
import io.tenantry.limits.engine.Standing;
import java.math.BigDecimal;
import org.eclipse.microprofile.openapi.annotations.media.Schema;

/** How one limit stands. */
@JsonNaming(SnakeCaseStrategy.class)
public record LimitView(
        @Schema(description = "key, team_member, user, team, organization_member or organization")
        String scope,

        String id,

        @Schema(description = "requests, tokens, max_parallel_requests or budget")
        String kind,

        @Schema(description = "null: the limit is on all models")
        String model,

        @Schema(
                description =
                        "Tokens or requests a minute, slots, or US dollars a period; null for a budget without a hard cap")
        BigDecimal limit,

        @Schema(description = "In the unit of limit; null where there is no limit")
        BigDecimal remaining,

        @Schema(description = "For budgets: settled use of this period, US dollars")
        BigDecimal spent,

        @Schema(description = "For budgets: held by open admissions, US dollars")
        BigDecimal held,

        @Schema(description = "Milliseconds until the bucket is full again")
        Long resetMs) {

    static LimitView of(Standing standing) {
        var charge = standing.charge();
        var ref = charge.limit();
        boolean money = charge instanceof Charge.Budget;
        return new LimitView(
                ref.scope().label,
                ref.id(),
                ref.kind().wire,
                ref.model(),
                amount(charge.most(), money),
                charge.most() == Charge.UNLIMITED ? null : amount(standing.remaining(), money),
                money ? amount(standing.used(), true) : null,
                money ? amount(standing.held(), true) : null,
                charge instanceof Charge.Rate ? (standing.resetMicros() + 999) / 1_000 : null);
    }

    private static BigDecimal amount(long value, boolean money) {
        if (!money) {
            return BigDecimal.valueOf(value);
        }
        return value == Charge.UNLIMITED ? null : new NanoUsd(value).toUsd();
    }
}
