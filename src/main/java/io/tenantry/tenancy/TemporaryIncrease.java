package io.tenantry.tenancy;

import io.tenantry.core.NanoUsd;
import io.tenantry.core.Patch;
import io.tenantry.core.Problem;
import io.tenantry.core.ProblemCode;
import java.math.BigDecimal;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.time.temporal.ChronoUnit;

/**
 * What may be spent beyond a cap until a time; it ends by itself.
 *
 * @param nano nano-dollars; null for nothing
 */
public record TemporaryIncrease(Long nano, Instant until) {

    /** Fails with VALIDATION for half of one, with NEGATIVE_LIMIT, INVALID_VALUE or VALIDATION for what is no amount or no time to come. */
    static TemporaryIncrease of(Patch<BigDecimal> increase, Patch<String> expiry, Instant now) {
        boolean whole =
                increase.isPresent() == expiry.isPresent() && (increase.orNull() == null) == (expiry.orNull() == null);
        if (!whole) {
            throw Problem.of(ProblemCode.VALIDATION)
                    .param(increase.orNull() == null ? "temp_budget_increase" : "temp_budget_expiry")
                    .detail("temp_budget_increase and temp_budget_expiry are given together, or both are null");
        }
        LimitColumns.requireMoney("temp_budget_increase", increase.orNull());
        return new TemporaryIncrease(
                NanoUsd.nanosOrNull(increase.orNull()), expiry.orNull() == null ? null : end(expiry.orNull(), now));
    }

    /** When one ends, as {@code temp_budget_expiry} says. Fails with INVALID_VALUE or VALIDATION for what is no time to come. */
    public static Instant end(String text, Instant now) {
        var end = instant(text);
        if (!end.isAfter(now)) {
            throw Problem.of(ProblemCode.INVALID_VALUE)
                    .param("temp_budget_expiry")
                    .detail("temp_budget_expiry must be in the future");
        }
        return end.truncatedTo(ChronoUnit.MICROS);
    }

    /** A time without an offset is UTC, as clients of this API mean it. */
    private static Instant instant(String text) {
        try {
            return text.length() > 10 && text.substring(10).matches(".*(?i:z|[+-]\\d\\d:?\\d\\d)")
                    ? OffsetDateTime.parse(text.replaceFirst("([+-]\\d\\d)(\\d\\d)$", "$1:$2"))
                            .toInstant()
                    : LocalDateTime.parse(text.length() == 10 ? text + "T00:00:00" : text)
                            .toInstant(ZoneOffset.UTC);
        } catch (DateTimeException unreadable) {
            throw Problem.of(ProblemCode.VALIDATION)
                    .param("temp_budget_expiry")
                    .detail("temp_budget_expiry must be a time such as 2026-01-31T12:00:00Z");
        }
    }
}
