package io.tenantry.admission;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonInclude.Include;
import com.fasterxml.jackson.annotation.JsonUnwrapped;
import com.fasterxml.jackson.databind.PropertyNamingStrategies.SnakeCaseStrategy;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import io.tenantry.admission.Explanation.Explained;
import io.tenantry.limits.engine.Charge;
import io.tenantry.limits.engine.Standing;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.eclipse.microprofile.openapi.annotations.media.Schema;

/** What would be decided, and how every limit on the way stands. */
@JsonNaming(SnakeCaseStrategy.class)
@JsonInclude(Include.NON_NULL)
public record ExplanationView(
        @Schema(description = "Whether the request would pass right now")
        boolean wouldAdmit,

        String keyId,

        @Schema(description = "The model that would be called: aliases are resolved")
        String model,

        EstimateView estimate,

        @Schema(description = "From the key up; each with its limits, also where it has none")
        List<LevelView> levels,

        @Schema(description = "What the proxy would be told to answer")
        DecisionView.RefusalView refusal) {

    /** One level on the way up. */
    @JsonNaming(SnakeCaseStrategy.class)
    @JsonInclude(Include.NON_NULL)
    public record LevelView(
            String scope,
            String id,

            @Schema(description = "ok, refused, or shadow (would be refused were its limits enforced)")
            String verdict,

            @Schema(
                    description =
                            "Why this level refuses, where that is no limit: blocked, model_not_allowed and so on")
            String reason,

            @Schema(description = "The models that this level allows; absent when it allows all")
            List<String> models,

            List<StandingView> limits) {}

    /** One limit, and what this request would be charged. */
    @JsonNaming(SnakeCaseStrategy.class)
    @JsonInclude(Include.NON_NULL)
    public record StandingView(
            @JsonUnwrapped LimitView standing,

            @Schema(
                    description =
                            "What this request asks for, in the unit of the limit; of batch work what is not taken yet")
            BigDecimal charge,

            @Schema(description = "ok, refused or shadow") String verdict,

            @Schema(
                    description =
                            "Milliseconds until this request would fit; absent when it does, or when waiting does not help")
            Long waitMs,

            @Schema(description = "The field that sets the limit and where it is set", examples = "tpm_limit of team")
            String rule,

            @Schema(
                    description =
                            "Why the limit refuses or does not, where that is not only its figures: a dynamic limit, a throttled key")
            String why) {}

    static ExplanationView unknownKey() {
        return new ExplanationView(
                false, null, null, null, List.of(), DecisionView.refusal(Refusal.unknownKey(), false));
    }

    static ExplanationView of(Explained explained, Optional<Refusal> refusal) {
        var levels = new ArrayList<LevelView>();
        for (var level : explained.attempt().policy().path(explained.attempt().named())) {
            levels.add(level(explained, level, refusal));
        }
        return new ExplanationView(
                refusal.isEmpty(),
                explained.attempt().policy().owner().keyId().toString(),
                explained.record().model(),
                EstimateView.of(explained.record().estimate()),
                levels,
                refusal.map(found -> DecisionView.refusal(found, false)).orElse(null));
    }

    private static LevelView level(Explained explained, Policy.Level level, Optional<Refusal> refusal) {
        var own = explained.standings().stream()
                .filter(standing -> standing.charge().limit().scope() == level.scope()
                        && standing.charge().limit().id().equals(level.id()))
                .toList();
        var reason = refusal.filter(found -> found.shortages().isEmpty() && isOf(found, level))
                .map(found -> found.reason().wire)
                .orElse(null);
        return new LevelView(
                level.scope().label,
                level.id(),
                reason != null ? "refused" : verdict(own),
                reason,
                models(explained.attempt().policy(), level),
                own.stream().map(standing -> view(explained, standing)).toList());
    }

    private static boolean isOf(Refusal refusal, Policy.Level level) {
        return refusal.scope() == level.scope() && level.id().equals(refusal.id());
    }

    private static List<String> models(Policy policy, Policy.Level level) {
        return policy.models().levels().stream()
                .filter(list -> list.scope() == level.scope() && list.id().equals(level.id()))
                .findFirst()
                .map(list -> List.copyOf(list.models().entries()))
                .orElse(null);
    }

    private static String verdict(List<Standing> standings) {
        if (standings.stream().anyMatch(Standing::refuses)) {
            return "refused";
        }
        return standings.stream().anyMatch(Standing::isShort) ? "shadow" : "ok";
    }

    private static StandingView view(Explained explained, Standing standing) {
        var charge = standing.charge();
        var level = explained
                .attempt()
                .policy()
                .levelOf(charge.limit(), explained.attempt().named());
        long wait = standing.isShort() ? explained.waits().of(standing) : Standing.NEVER;
        return new StandingView(
                LimitView.of(standing),
                LimitView.amountOf(charge),
                verdict(List.of(standing)),
                wait == Standing.NEVER ? null : (wait + 999) / 1_000,
                level.map(found -> found.ruleOf(charge)).orElse(null),
                level.map(found -> why(explained, found, standing)).orElse(null));
    }

    private static String why(Explained explained, ScopeLimits level, Standing standing) {
        var charge = standing.charge();
        if (charge.limit().kind().isThrottled()) {
            return "the key's budget is spent: this is the part of its rate that is left";
        }
        if (level.throttles() && charge instanceof Charge.Budget && standing.isShort() && charge.shadow()) {
            return "spent: the key is throttled rather than refused";
        }
        if (!level.isDynamic(charge.limit())) {
            return null;
        }
        return "dynamic: %s now; the model failed %d times within the last minute"
                .formatted(
                        charge.shadow() ? "counted and not enforced" : "enforced",
                        explained.failures().count(explained.record().model()));
    }
}
