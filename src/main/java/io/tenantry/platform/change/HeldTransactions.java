package io.tenantry.platform.change;

import io.quarkus.arc.Arc;
import jakarta.enterprise.context.RequestScoped;

/** The transaction that this request holds open, if its caller asked for that. */
@RequestScoped
public class HeldTransactions {

    private HeldTransaction held;

    /** From now on changes of this request join the transaction. */
    public void hold(HeldTransaction transaction) {
        this.held = transaction;
    }

    HeldTransaction held() {
        return held;
    }

    /** Null where there is none, as in a job, which has no request. */
    static HeldTransaction current() {
        var container = Arc.container();
        if (container == null || !container.requestContext().isActive()) {
            return null;
        }
        return container.instance(HeldTransactions.class).get().held();
    }
}
