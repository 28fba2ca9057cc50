package io.tenantry.admission;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.quarkus.runtime.Startup;
import io.smallrye.mutiny.Uni;
import io.tenantry.limits.engine.BucketRule;
import io.tenantry.limits.engine.Charge;
import io.tenantry.limits.engine.EngineConfig;
import io.tenantry.limits.engine.InMemoryLimitStore;
import io.tenantry.limits.engine.LimitRef;
import io.tenantry.limits.engine.Reservation;
import io.tenantry.limits.engine.ReserveResult;
import io.tenantry.limits.engine.ReserveResult.Repeated;
import io.tenantry.limits.engine.ReserveResult.Short;
import io.tenantry.limits.engine.ReserveResult.Taken;
import io.tenantry.limits.engine.Standing;
import io.tenantry.platform.redis.LiveInstances;
import io.vertx.core.buffer.Buffer;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Duration;
import java.time.Instant;
import java.util.HashSet;
import java.util.List;

/**
 * Decides while Redis is away. A request under a hard budget is refused: its money could not be counted. Rate limits follow {@link
 * EngineConfig#whenUnavailable()}; with {@code local} each instance admits its share, so that all together admit about the limit.
 */
@Startup // its meters are there from the first scrape on
@ApplicationScoped
class DegradedAdmission {

    private final EngineConfig config;
    private final AdmissionConfig admission;
    private final LiveInstances instances;
    private final InMemoryLimitStore local;
    private final Counter decisions;

    DegradedAdmission(EngineConfig config, AdmissionConfig admission, LiveInstances instances, MeterRegistry metrics) {
        this.config = config;
        this.admission = admission;
        this.instances = instances;
        this.local = new InMemoryLimitStore(DegradedAdmission::nowMicros, config.localTenants());
        this.decisions = Counter.builder("tenantry.decisions.degraded")
                .description("Decisions made without Redis")
                .register(metrics);
    }

    Uni<Decision> decide(
            AdmissionRecord whole, Policy policy, Policy.Attachments attachments, AdmissionRequest request) {
        decisions.increment();
        // nobody can tell whether the budget of a key is spent that is throttled then: it is taken for spent
        var record = hasHardBudget(whole) ? policy.throttled(whole).orElse(whole) : whole;
        if (request.isBatch()
                || hasHardBudget(record)
                || config.whenUnavailable() == EngineConfig.WhenUnavailable.DENY) {
            return refused(Refusal.unavailable());
        }
        if (config.whenUnavailable() == EngineConfig.WhenUnavailable.ALLOW) {
            return admitted(record, attachments, request, Instant.now().plus(admission.lease()), List.of());
        }
        return local.reserve(share(record, policy)).flatMap(result -> decision(result, record, attachments, request));
    }

    /** Of rates and slots the local store knows it. */
    private static final Waits WITHOUT_BUDGETS = new Waits(Instant.EPOCH, null, at -> List.of());

    /** Of what has one nothing is admitted here, unless it is throttled. */
    static boolean hasHardBudget(AdmissionRecord record) {
        return record.allCharges().stream()
                .anyMatch(charge -> charge instanceof Charge.Budget && charge.isCapped() && !charge.shadow());
    }

    private Uni<Decision> decision(
            ReserveResult result, AdmissionRecord record, Policy.Attachments attachments, AdmissionRequest request) {
        if (result instanceof Short shortage) {
            return refused(Refusal.exhausted(shortage.standings(), request.model(), WITHOUT_BUDGETS));
        }
        var standings = result instanceof Taken taken ? taken.standings() : List.<Standing>of();
        var expires = result instanceof Repeated repeated ? repeated.expiresAt() : ((Taken) result).expiresAt();
        return admitted(record, attachments, request, expires, standings);
    }

    private static Uni<Decision> refused(Refusal refusal) {
        return Uni.createFrom().item(new Decision.Refused(refusal, true));
    }

    private static Uni<Decision> admitted(
            AdmissionRecord record,
            Policy.Attachments attachments,
            AdmissionRequest request,
            Instant expires,
            List<Standing> standings) {
        return Uni.createFrom()
                .item(new Decision.Admitted(record, request.model(), attachments, expires, standings, true));
    }

    private Reservation share(AdmissionRecord record, Policy policy) {
        int shares = instances.count();
        var limits = new HashSet<LimitRef>(); // those that have just moved are charged under several roots
        var charges = record.allCharges().stream()
                .filter(charge -> !(charge instanceof Charge.Budget) && limits.add(charge.limit()))
                .map(charge -> share(charge, shares))
                .toList();
        return new Reservation(
                policy.root(),
                record.id().holdId(),
                List.of(),
                charges,
                admission.lease(),
                Duration.ZERO,
                Buffer.buffer());
    }

    /** Rounded up, or a small limit would admit nothing anywhere; a limit of zero stays zero. */
    private static Charge share(Charge charge, int shares) {
        long share = (charge.most() + shares - 1) / shares;
        return charge instanceof Charge.Rate rate
                ? new Charge.Rate(rate.limit(), rate.amount(), scaled(rate.rule(), share), rate.shadow())
                : new Charge.Slot(charge.limit(), share, charge.shadow());
    }

    private static BucketRule scaled(BucketRule rule, long capacity) {
        return BucketRule.of(capacity, Duration.ofNanos(rule.windowTicks() * rule.tickMicros() * 1_000));
    }

    private static long nowMicros() {
        var now = Instant.now();
        return now.getEpochSecond() * 1_000_000 + now.getNano() / 1_000;
    }
}
