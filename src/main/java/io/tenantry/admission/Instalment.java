package io.tenantry.admission;

import io.tenantry.limits.engine.Charge;
import io.tenantry.limits.engine.LimitRef;
import io.tenantry.limits.engine.Standing;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * How large the next part of batch work is: the same part of every rate, so that no limit gives more than the tightest one lets through, and never
 * what a bucket keeps for requests that cannot wait.
 */
final class Instalment {

    private final double share;

    /** @param share of a bucket that may be taken */
    Instalment(double share) {
        this.share = share;
    }

    /** What a part may take of a full bucket. */
    long most(Charge.Rate rate) {
        return Math.max(1, (long) (rate.rule().capacity() * share));
    }

    private long kept(Charge.Rate rate) {
        return rate.rule().capacity() - most(rate);
    }

    /** What can be taken now, by limit; nothing where nothing can. */
    Map<LimitRef, Long> fitting(List<Standing> standings) {
        double part = 1;
        for (var standing : standings) {
            if (standing.charge() instanceof Charge.Rate rate && !rate.shadow() && rate.amount() > 0) {
                part = Math.min(part, (double) free(standing, rate) / rate.amount());
            }
        }
        var amounts = new HashMap<LimitRef, Long>();
        for (var standing : standings) {
            if (standing.charge() instanceof Charge.Rate rate) {
                // in shadow mode as well: there it is not waited for, and gives what it would give
                amounts.put(rate.limit(), Math.min(amount(rate, part), free(standing, rate)));
            }
        }
        return amounts;
    }

    private long free(Standing standing, Charge.Rate rate) {
        return Math.max(0, standing.remaining() - kept(rate));
    }

    /** Rounded to the nearest: the tightest limit gives all that it has. */
    private static long amount(Charge.Rate rate, double part) {
        return Math.min(rate.amount(), Math.round(rate.amount() * part));
    }

    /** The part to come back for: the whole where full buckets hold it, else the largest that leaves what each bucket keeps. */
    Map<LimitRef, Long> next(List<Charge> charges) {
        boolean last = charges.stream().allMatch(Instalment::fitsFull);
        double part = last ? 1 : largestPart(charges);
        var amounts = new HashMap<LimitRef, Long>();
        for (var charge : charges) {
            if (charge instanceof Charge.Rate rate) {
                long most = last ? rate.amount() : most(rate);
                amounts.put(rate.limit(), Math.max(Math.min(1, rate.amount()), Math.min(most, amount(rate, part))));
            }
        }
        return amounts;
    }

    private static boolean fitsFull(Charge charge) {
        return !(charge instanceof Charge.Rate rate)
                || rate.shadow()
                || rate.amount() <= rate.rule().capacity();
    }

    private double largestPart(List<Charge> charges) {
        double part = 1;
        for (var charge : charges) {
            if (charge instanceof Charge.Rate rate && !rate.shadow() && rate.amount() > 0) {
                part = Math.min(part, (double) most(rate) / rate.amount());
            }
        }
        return part;
    }

    /** Charges that ask whether these amounts are there beside what each bucket keeps. */
    List<Charge> asking(List<Charge> charges, Map<LimitRef, Long> amounts) {
        var asking = new ArrayList<Charge>();
        for (var charge : charges) {
            if (charge instanceof Charge.Rate rate && !rate.shadow() && amounts.get(rate.limit()) > 0) {
                // the whole of what is needed is taken at once where it fits, and then nothing is kept
                long amount = amounts.get(rate.limit());
                asking.add(rate.asking(amount == rate.amount() ? amount : amount + kept(rate), 0));
            }
        }
        return asking;
    }

    /** Microseconds in which a bucket earns what is left after such a part. */
    static long earning(Charge.Rate rate, long left) {
        double perMicro = (double) rate.rule().capacity()
                / ((double) rate.rule().windowTicks() * rate.rule().tickMicros());
        return left <= 0 ? 0 : (long) Math.ceil(left / perMicro);
    }
}
