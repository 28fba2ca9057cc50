package io.tenantry.usage;

import io.smallrye.mutiny.Uni;
import io.tenantry.admission.Untold;
import io.tenantry.limits.engine.ActualCharge;
import io.tenantry.limits.engine.Charge;
import io.tenantry.limits.engine.LimitStore;
import io.tenantry.platform.redis.TenantRoot;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Duration;
import java.util.List;

/**
 * Tells the limit store totals that no reservation belongs to: of uses that nobody admitted, and of corrections. Nothing is held whose end would make the
 * windows be read again, so what cannot be told is told later.
 */
@ApplicationScoped
class LooseTotals {

    /** No reservation has this name: of a settlement under it only the totals count. */
    private static final String NO_RESERVATION = "none";

    private static final int AT_ONCE = 100;
    private static final int RETRIES = 3;
    private static final Duration RETRY_AFTER = Duration.ofMillis(100);

    private final LimitStore store;
    private final Untold untold;

    LooseTotals(LimitStore store, Untold untold) {
        this.store = store;
        this.untold = untold;
    }

    /** Fails where the store cannot be told; then it is told later all the same. */
    Uni<Void> tell(TenantRoot root, List<ActualCharge> totals) {
        if (totals.isEmpty()) {
            return Uni.createFrom().voidItem();
        }
        int count = Math.min(AT_ONCE, totals.size());
        return store.settle(root, NO_RESERVATION, totals.subList(0, count))
                .onFailure()
                .retry()
                .withBackOff(RETRY_AFTER)
                .atMost(RETRIES)
                .onFailure()
                .invoke(() -> totals.forEach(total -> tellLater(root, total)))
                .chain(() -> tell(root, totals.subList(count, totals.size())));
    }

    /** Each window for itself: another call may have a later total of some of them. */
    private void tellLater(TenantRoot root, ActualCharge total) {
        var budget = (Charge.Budget) total.reserved();
        var name = "total:" + root.prefix() + budget.limit() + budget.window();
        untold.total(name, total.total(), () -> store.settle(root, NO_RESERVATION, List.of(total)));
    }
}
