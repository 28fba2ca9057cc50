package io.tenantry.usage;

import io.smallrye.mutiny.Uni;
import io.tenantry.core.BudgetPeriod;
import io.tenantry.core.Ids;
import io.tenantry.core.ResourceKind;
import io.tenantry.limits.engine.ActualCharge;
import io.tenantry.limits.engine.Charge;
import io.tenantry.limits.engine.LimitKind;
import io.tenantry.limits.engine.LimitRef;
import io.tenantry.limits.engine.SettledTotal;
import io.tenantry.platform.redis.TenantRoot;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jboss.logging.Logger;

/** Tells the limit store of totals that an adjustment has changed. Each carries its epoch, so a lower one is believed and a late higher one is not. */
@ApplicationScoped
class AdjustedTotals {

    private static final Logger LOG = Logger.getLogger(AdjustedTotals.class);

    private final LooseTotals loose;

    AdjustedTotals(LooseTotals loose) {
        this.loose = loose;
    }

    /** The adjustment is booked already. Where the store cannot be told, it is told later. */
    Uni<Void> tell(AdjustmentTarget target, JsonObject answer) {
        var byRoot = new LinkedHashMap<TenantRoot, List<ActualCharge>>();
        collect(target, answer.getJsonArray("totals"), byRoot, Instant.now());
        if (byRoot.isEmpty()) {
            return Uni.createFrom().voidItem();
        }
        return Uni.join()
                .all(byRoot.entrySet().stream()
                        .map(root -> loose.tell(root.getKey(), root.getValue()))
                        .toList())
                .andCollectFailures()
                .onFailure()
                .invoke(failure ->
                        LOG.warnf("An adjustment could not be told to the limit store: %s", failure.getMessage()))
                .onFailure()
                .recoverWithNull()
                .replaceWithVoid();
    }

    private static void collect(
            AdjustmentTarget target, JsonArray totals, Map<TenantRoot, List<ActualCharge>> byRoot, Instant now) {
        for (int i = 0; i < totals.size(); i++) {
            var row = totals.getJsonArray(i);
            var end = Instant.ofEpochSecond(row.getLong(4));
            if (end.isAfter(now)) { // nobody asks for the others any more
                var total = new SettledTotal(row.getLong(8), row.getLong(5));
                var limit = limitOf(row.getString(0), row.getString(1), target.admittedModel());
                var charge = new ActualCharge(window(limit, row, end), 0, total);
                for (var root : rootsOf(limit, target)) {
                    byRoot.computeIfAbsent(root, key -> new ArrayList<>()).add(charge);
                }
            }
        }
    }

    /** A user's own limits live under the user, an end user's and a tag's under theirs, and that for all under its own, whoever the tenant is. */
    private static List<TenantRoot> rootsOf(LimitRef limit, AdjustmentTarget target) {
        return switch (limit.scope()) {
            case USER -> List.of(new TenantRoot(ResourceKind.USER, limit.id()));
            case END_USER, TAG, GLOBAL -> List.of(new TenantRoot(limit.scope(), Ids.inNames(limit.id())));
            default -> target.roots();
        };
    }

    /** The way back from {@link Booked.TotalKey}. */
    private static LimitRef limitOf(String kind, String id, String model) {
        if (!ModelTotals.isKind(kind)) {
            return new LimitRef(ResourceKind.ofLabel(kind), id, LimitKind.BUDGET, null);
        }
        var scope = ModelTotals.scopeOf(kind);
        return new LimitRef(scope, ModelTotals.idOf(scope, id, model), LimitKind.BUDGET, model);
    }

    private static Charge.Budget window(LimitRef limit, JsonArray row, Instant end) {
        var start = Instant.ofEpochSecond(row.getLong(3));
        var window = new BudgetPeriod.Window(row.getString(2), start, end);
        return new Charge.Budget(limit, 0, Charge.UNLIMITED, Charge.UNLIMITED, window);
    }
}
