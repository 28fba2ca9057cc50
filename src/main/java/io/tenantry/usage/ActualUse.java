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
        return switch (charge.limit().kind()) {
            case TOKENS, TOKENS_PER_DAY, TOKEN_BUDGET -> atLeastReserved(charge, booked.totalTokens(), booked);
            case INPUT_TOKENS -> atLeastReserved(charge, booked.inputTokens(), booked);
            case OUTPUT_TOKENS -> atLeastReserved(charge, booked.outputTokens(), booked);
            case BUDGET -> booked.cost().value();
            // the request itself was made
            case REQUESTS, REQUEST_BUDGET, PARALLEL -> charge.amount();
        };
    }

    private static long atLeastReserved(Charge charge, long used, Booked booked) {
        return booked.partial() ? Math.max(charge.amount(), used) : used;
    }
}
