package io.tenantry.usage;

import io.quarkus.hibernate.reactive.panache.Panache;
import io.smallrye.mutiny.Uni;
import io.tenantry.audit.AuditAction;
import io.tenantry.audit.AuditTrail;
import io.tenantry.core.Ids;
import io.tenantry.core.NanoUsd;
import io.tenantry.core.Problem;
import io.tenantry.core.ProblemCode;
import io.tenantry.identity.Scope;
import io.tenantry.platform.change.Changes;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import jakarta.enterprise.context.ApplicationScoped;
import java.math.BigDecimal;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;

/** Corrects what was booked by entries of their own: nothing that is in the ledger is changed or taken away. */
@ApplicationScoped
class Adjustments {

    private static final String ADJUST =
            "select cast(adjust_usage(with_total_for_all(cast(cast(:adjustment as text) as jsonb))) as text)";

    /** Of one that is booked already. */
    private static final String TOTALS =
            "select cast(adjusted_totals(with_total_for_all(cast(cast(:adjustment as text) as jsonb))) as text)";

    private final AdjustmentTargets targets;
    private final AdjustedTotals totals;
    private final Changes changes;
    private final AuditTrail audit;
    private final UsageConfig config;

    Adjustments(
            AdjustmentTargets targets, AdjustedTotals totals, Changes changes, AuditTrail audit, UsageConfig config) {
        this.targets = targets;
        this.totals = totals;
        this.changes = changes;
        this.audit = audit;
        this.config = config;
    }

    /** Books it, and lets budgets follow; the first answer when the id was booked before. Fails with INVALID_VALUE when more would be given back than was paid. */
    Uni<AdjustmentView> adjust(Scope scope, NewAdjustmentRequest request) {
        var now = Instant.now();
        var amount = amountOf(request.amountUsd());
        requirePast(request.at(), now);
        return targets.find(request, now)
                .flatMap(target -> changes.inTransaction(() -> book(scope, request, target, amount))
                        .call(answer -> totals.tell(target, answer)))
                .map(answer -> AdjustmentView.of(answer.getJsonObject("entry")));
    }

    private static NanoUsd amountOf(BigDecimal usd) {
        var amount = NanoUsd.ofUsd(usd);
        if (amount.equals(NanoUsd.ZERO)) {
            throw Problem.of(ProblemCode.INVALID_VALUE)
                    .param("amount_usd")
                    .detail("amount_usd is less than a billionth of a dollar: it would adjust nothing");
        }
        return amount;
    }

    private void requirePast(Instant at, Instant now) {
        if (at != null && at.isAfter(now.plus(config.clockTolerance()))) {
            throw Problem.of(ProblemCode.INVALID_VALUE).param("at").detail("at lies in the future: %s", at);
        }
    }

    private Uni<JsonObject> book(Scope scope, NewAdjustmentRequest request, AdjustmentTarget target, NanoUsd amount) {
        var entry = entry(request, target, amount).put("actor", scope.caller().actor());
        return Panache.getSession()
                .flatMap(session -> session.createNativeQuery(ADJUST, String.class)
                        .setParameter("adjustment", entry.encode())
                        .getSingleResult())
                .map(JsonObject::new)
                .invoke(Adjustments::requireAccepted)
                .call(answer -> isNew(answer) ? record(target, amount, answer) : addTotals(answer, entry));
    }

    /** The call that booked it may have died before it could tell the limit store. */
    private static Uni<JsonObject> addTotals(JsonObject repeated, JsonObject entry) {
        return Panache.getSession()
                .flatMap(session -> session.createNativeQuery(TOTALS, String.class)
                        .setParameter("adjustment", entry.encode())
                        .getSingleResult())
                .map(totals -> repeated.put("totals", new JsonArray(totals)));
    }

    private static JsonObject entry(NewAdjustmentRequest request, AdjustmentTarget target, NanoUsd amount) {
        var id = request.adjustmentId() == null ? "adjustment-" + Ids.random() : request.adjustmentId();
        return new UsageEvent(
                        id,
                        target.owner(),
                        target.endUser(),
                        target.model(),
                        target.admittedModel(),
                        target.provider(),
                        0,
                        0,
                        0,
                        amount,
                        Used.SUCCESS,
                        false,
                        target.tags(),
                        target.at(),
                        BookedLevels.lifetimes(target.owner(), target.endUser(), target.tags()))
                .json()
                .put("refers_to", target.requestId())
                .put("reason", request.reason());
    }

    private static void requireAccepted(JsonObject answer) {
        switch (answer.getString("outcome")) {
            case "missing" -> throw Problem.of(ProblemCode.CONFLICT).internally("the request's booking went away");
            case "too_much" ->
                throw Problem.of(ProblemCode.INVALID_VALUE)
                        .param("amount_usd")
                        .detail(
                                "More than was paid: of this request's cost %s US dollars are left",
                                new NanoUsd(answer.getLong("left")).toUsd().toPlainString());
            default -> {
                // booked or repeated
            }
        }
    }

    private static boolean isNew(JsonObject answer) {
        return "booked".equals(answer.getString("outcome"));
    }

    private Uni<Void> record(AdjustmentTarget target, NanoUsd amount, JsonObject answer) {
        var object = target.object();
        long after = spendOf(object.kind().label, object.id(), answer.getJsonArray("totals"));
        var before = Map.of("spend", new NanoUsd(after - amount.value()).toUsd());
        var changed = new LinkedHashMap<String, Object>();
        changed.put("spend", new NanoUsd(after).toUsd());
        changed.put("adjustment", AdjustmentView.of(answer.getJsonObject("entry")));
        return audit.record(AuditAction.UPDATED, object, target.owner().organizationId(), before, changed);
    }

    private static long spendOf(String kind, String id, JsonArray totals) {
        for (int i = 0; i < totals.size(); i++) {
            var total = totals.getJsonArray(i);
            if (total.getString(0).equals(kind)
                    && total.getString(1).equals(id)
                    && total.getString(2).equals("lifetime")) {
                return total.getLong(5);
            }
        }
        return 0;
    }
}
