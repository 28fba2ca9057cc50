package io.tenantry.limits.engine;

import java.util.List;

/** The standings of a repeated reservation: what the first answer said. */
public final class RepeatedStandings {

    private RepeatedStandings() {}

    /**
     * @param charges as they were reserved
     * @param figures as {@link ReserveResult.Repeated} hands them back
     */
    public static List<Standing> of(List<Charge> charges, List<Long> figures) {
        return ReserveAnswer.standings(charges, figures);
    }
}
