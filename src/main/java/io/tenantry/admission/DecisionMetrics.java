package io.tenantry.admission;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.quarkus.runtime.Startup;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.EnumMap;
import java.util.Map;

/** Counts decisions by outcome and reason. The reasons are few and known, so are the series. */
@Startup // its meters are there from the first scrape on
@ApplicationScoped
class DecisionMetrics {

    private final Counter admitted;
    private final Map<RefusalReason, Counter> refused = new EnumMap<>(RefusalReason.class);

    DecisionMetrics(MeterRegistry metrics) {
        this.admitted = counter(metrics, "admitted", "none");
        for (var reason : RefusalReason.values()) {
            refused.put(reason, counter(metrics, "refused", reason.wire));
        }
    }

    private static Counter counter(MeterRegistry metrics, String outcome, String reason) {
        return Counter.builder("tenantry.decisions")
                .description("Admission decisions")
                .tag("outcome", outcome)
                .tag("reason", reason)
                .register(metrics);
    }

    void count(Decision decision) {
        decision.fold(pass -> admitted, refusal -> refused.get(refusal.refusal().reason()))
                .increment();
    }
}
