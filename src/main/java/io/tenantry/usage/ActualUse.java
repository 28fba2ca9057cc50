package io.tenantry.usage;

import io.tenantry.limits.engine.ActualCharge;
import io.tenantry.limits.engine.Charge;

/** What a booking used of a charge, in the charge's unit. */
final class ActualUse {

    private ActualUse() {}

    static ActualCharge of(Charge charge, Booked booked) {
        return charge instanceof Charge.Budget budget
                ? new ActualCharge(charge, amount(charge, booked), booked.totalOf(budget))
                : new ActualCharge(charge, amount(charge, booked));
    }

    /** A partial settlement says "at least this much": nothing is given back. */
    static long amount(Charge charge, Booked booked) {
        return switch (charge.limit().kind().counted) {
            case TOKENS -> beyondBefore(charge, booked.totalTokens(), booked);
            case INPUT_TOKENS -> beyondBefore(charge, booked.inputTokens(), booked);
            case OUTPUT_TOKENS -> beyondBefore(charge, booked.outputTokens(), booked);
            case MONEY -> booked.cost().value();
            // the request itself was made
            case REQUESTS, SLOTS -> charge.amount();
        };
    }

    /** What earlier parts of the request took is spent: it covers the first of the use and is not given back. */
    private static long beyondBefore(Charge charge, long used, Booked booked) {
        long rest = charge instanceof Charge.Rate rate ? Math.max(0, used - rate.before()) : used;
        return booked.partial() ? Math.max(charge.amount(), rest) : rest;
    }
}
