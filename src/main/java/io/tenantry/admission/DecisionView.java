package io.tenantry.admission;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonInclude.Include;
import com.fasterxml.jackson.databind.PropertyNamingStrategies.SnakeCaseStrategy;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import io.tenantry.limits.engine.Standing;
import io.tenantry.platform.http.ErrorBody;
import java.math.BigDecimal;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.eclipse.microprofile.openapi.annotations.media.Schema;

/** The decision on the wire. A refusal is data, complete with what the proxy should send to its client. */
@JsonNaming(SnakeCaseStrategy.class)
@JsonInclude(Include.NON_NULL)
public record DecisionView(
        boolean admitted,
        String admissionId,
        String requestId,

        @Schema(description = "When slots and money are given back unless it was settled")
        Instant expiresAt,

        String keyId,
        String userId,
        String teamId,
        String organizationId,
        String endUser,

        @Schema(description = "The model to call: aliases are resolved")
        String model,

        Map<String, Object> metadata,
        List<String> guardrails,
        List<String> tags,
        @JsonInclude(Include.NON_NULL) Map<String, Object> objectPermission,

        @Schema(description = "What to fall back to for this end user")
        String defaultModel,

        @Schema(description = "Headers for the client's answer")
        Map<String, String> headers,

        List<LimitView> limits,

        @Schema(description = "What was taken for the request, or was too much")
        EstimateView estimate,

        @Schema(description = "Soft budgets that are passed, and limits in shadow mode that would have refused")
        List<LimitView> warnings,

        RefusalView refusal,

        @Schema(description = "Decided without the shared limit store")
        boolean degraded) {

    /** @param limits every exhausted limit, the most specific first */
    @JsonNaming(SnakeCaseStrategy.class)
    @JsonInclude(Include.NON_NULL)
    public record RefusalView(
            String reason,
            String scope,
            String id,
            String kind,
            String model,
            BigDecimal limit,
            BigDecimal remaining,
            BigDecimal spent,
            BigDecimal held,

            @Schema(
                    description =
                            "After this the same request would fit; absent when waiting does not help. Of batch work the next part of it would: batch.complete_after_ms is the time for all of it")
            Long retryAfterMs,

            @Schema(description = "What the proxy should answer with")
            int status,

            Map<String, String> headers,
            ErrorBody body,
            List<LimitView> limits,

            @Schema(description = "Of batch work: how much of it is taken")
            BatchView batch) {}

    static DecisionView of(Decision decision) {
        return decision.fold(DecisionView::admitted, DecisionView::refused);
    }

    private static DecisionView admitted(Decision.Admitted decision) {
        var record = decision.record();
        var owner = record.owner();
        var attachments = decision.attachments();
        return new DecisionView(
                true,
                record.id().text(),
                record.id().requestId(),
                decision.expiresAt(),
                owner.keyId().toString(),
                owner.userId(),
                owner.teamId(),
                owner.organizationId(),
                record.endUser(),
                record.model(),
                attachments.metadata(),
                attachments.guardrails(),
                record.tags(),
                attachments.objectPermission(),
                attachments.defaultModel(),
                LimitHeaders.of(decision.standings(), decision.degraded()),
                decision.standings().stream().map(LimitView::of).toList(),
                EstimateView.of(record.estimate()),
                warnings(decision.standings()),
                null,
                decision.degraded());
    }

    private static List<LimitView> warnings(List<Standing> standings) {
        var passed = standings.stream()
                .filter(DecisionView::isWarning)
                .map(LimitView::of)
                .toList();
        return passed.isEmpty() ? null : passed;
    }

    static boolean isWarning(Standing standing) {
        return standing.overSoft() || standing.isShort();
    }

    private static DecisionView refused(Decision.Refused decision) {
        return new DecisionView(
                false,
                null,
                null,
                null,
                null,
                null,
                null,
                null,
                null,
                null,
                null,
                null,
                null,
                null,
                null,
                null,
                null,
                EstimateView.of(decision.estimate()),
                null,
                refusal(decision.refusal(), decision.degraded()),
                decision.degraded());
    }

    static RefusalView refusal(Refusal refusal, boolean degraded) {
        var limits = refusal.shortages().stream().map(LimitView::of).toList();
        var first = limits.isEmpty() ? null : limits.get(0);
        return new RefusalView(
                refusal.reason().wire,
                refusal.scope() == null ? null : refusal.scope().label,
                refusal.id(),
                first == null ? null : first.kind(),
                first == null ? null : first.model(),
                first == null ? null : first.limit(),
                first == null ? null : first.remaining(),
                first == null ? null : first.spent(),
                first == null ? null : first.held(),
                refusal.waitMillis().isPresent() ? refusal.waitMillis().getAsLong() : null,
                refusal.reason().status,
                LimitHeaders.of(refusal, degraded, Instant.now()),
                body(refusal),
                limits.isEmpty() ? null : limits,
                BatchView.of(refusal.batch()));
    }

    private static ErrorBody body(Refusal refusal) {
        var reason = refusal.reason();
        var error = new ErrorBody.Error(refusal.message(), refusal.type(), reason.param, String.valueOf(reason.status));
        return new ErrorBody(error, new ErrorBody.Detail(refusal.message()));
    }
}
