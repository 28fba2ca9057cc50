package io.tenantry.admission;

import io.quarkus.runtime.configuration.ConfigurationException;
import io.tenantry.limits.engine.EngineConfig;
import io.tenantry.tenancy.CountedTokens;
import java.time.Duration;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.stream.Stream;

/**
 * What limits leave open is settled here.
 *
 * @param zone     where periods begin
 * @param counted  which tokens token rates count
 * @param throttle the share of its rates that a key keeps whose budget is spent
 * @param movedFor how long limits that have moved are charged where they were as well
 */
record LimitSettings(ZoneId zone, CountedTokens counted, double throttle, Duration movedFor) {

    private static final Duration MOVES_KEPT = Duration.ofDays(30);

    /** Fails where a setting would do the opposite of what it is for. */
    static LimitSettings of(AdmissionConfig config, EngineConfig engine) {
        requireShare("budget-exceeded-throttle-percentage", config.budgetExceededThrottlePercentage());
        requireShare("batch-share", config.batchShare());
        return new LimitSettings(
                ZoneOffset.UTC,
                config.tokenRateLimitType(),
                config.budgetExceededThrottlePercentage(),
                movedFor(config, engine));
    }

    /**
     * Longer than the window of any rate, than a lease, and than Redis keeps a budget that nobody asks for, also when it ends a little early by the clock of
     * another instance; shorter than moves are kept (V30).
     */
    private static Duration movedFor(AdmissionConfig config, EngineConfig engine) {
        var longest = Stream.of(Duration.ofDays(1), config.lease().multipliedBy(4), engine.spendLifetime())
                .max(Duration::compareTo)
                .orElseThrow();
        if (longest.compareTo(MOVES_KEPT) > 0) {
            throw new ConfigurationException(
                    "tenantry.limits.spend-lifetime and four times tenantry.admission.lease must be at most 30 days");
        }
        return longest.plus(Moves.CLOCKS_DIFFER);
    }

    private static void requireShare(String setting, double share) {
        if (!(share > 0 && share <= 1)) {
            throw new ConfigurationException(
                    "tenantry.admission.%s is %s: it is a share of a rate, nothing or more than all of it would pass. Set it to more than 0 and at most 1."
                            .formatted(setting, share));
        }
    }
}
