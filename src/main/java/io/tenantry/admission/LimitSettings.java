package io.tenantry.admission;

import io.quarkus.runtime.configuration.ConfigurationException;
import io.tenantry.tenancy.CountedTokens;
import java.time.ZoneId;
import java.time.ZoneOffset;

/**
 * What limits leave open is settled here.
 *
 * @param zone     where periods begin
 * @param counted  which tokens token rates count
 * @param throttle the share of its rates that a key keeps whose budget is spent
 */
record LimitSettings(ZoneId zone, CountedTokens counted, double throttle) {

    /** Fails where a setting would do the opposite of what it is for. */
    static LimitSettings of(AdmissionConfig config) {
        requireShare("budget-exceeded-throttle-percentage", config.budgetExceededThrottlePercentage());
        requireShare("batch-share", config.batchShare());
        return new LimitSettings(
                ZoneOffset.UTC, config.tokenRateLimitType(), config.budgetExceededThrottlePercentage());
    }

    private static void requireShare(String setting, double share) {
        if (!(share > 0 && share <= 1)) {
            throw new ConfigurationException(
                    "tenantry.admission.%s is %s: it is a share of a rate, nothing or more than all of it would pass. Set it to more than 0 and at most 1."
                            .formatted(setting, share));
        }
    }
}
