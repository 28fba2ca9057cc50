package io.tenantry.admission;

import io.tenantry.limits.engine.Charge;
import io.tenantry.limits.engine.LimitRef;
import io.tenantry.limits.engine.Standing;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/** What earlier calls took of batch work: the number of parts, and the sum of each rate. */
record Collected(int parts, Map<LimitRef, Long> sums) {

    static final Collected NOTHING = new Collected(0, Map.of());

    /**
     * @param last      the last of so many parts, which knows what those before it took
     * @param standings how its rates in shadow mode stood: what would have been refused took nothing
     */
    static Collected upTo(int parts, AdmissionRecord last, List<Standing> standings) {
        var tookNothing = tookNothing(standings);
        var sums = new HashMap<LimitRef, Long>();
        for (var rate : rates(last.allCharges())) {
            sums.put(rate.limit(), rate.before() + (tookNothing.contains(rate.limit()) ? 0 : rate.amount()));
        }
        return new Collected(parts, sums);
    }

    private static Set<LimitRef> tookNothing(List<Standing> standings) {
        return standings.stream()
                .filter(standing -> standing.charge().shadow() && standing.isShort())
                .map(standing -> standing.charge().limit())
                .collect(Collectors.toSet());
    }

    static List<Charge.Rate> rates(List<Charge> charges) {
        return charges.stream()
                .filter(Charge.Rate.class::isInstance)
                .map(Charge.Rate.class::cast)
                .toList();
    }

    long of(Charge.Rate rate) {
        return Math.min(rate.amount(), sums.getOrDefault(rate.limit(), 0L));
    }

    /** What is still to be taken. */
    AdmissionRecord restOf(AdmissionRecord whole) {
        return whole.as(whole.id(), charges -> charges.stream().map(this::rest).toList());
    }

    private Charge rest(Charge charge) {
        return charge instanceof Charge.Rate rate ? rate.asking(rate.amount() - of(rate), of(rate)) : charge;
    }
}
