package io.tenantry.admission;

import io.tenantry.limits.engine.LimitRef;
import io.tenantry.limits.engine.Standing;
import java.util.List;

/**
 * Batch work of which a part is taken.
 *
 * @param parts           how much of each rate it needs and has
 * @param waiting         the limits that the next part waits for
 * @param waitMicros      until the rest fits, or else the next part is as large as it can be, if nobody else takes from the limits
 * @param completeMicros  until the whole is there at the latest, if it is asked for whenever a part is
 */
record BatchProgress(List<Part> parts, List<Standing> waiting, long waitMicros, long completeMicros) {

    BatchProgress {
        parts = List.copyOf(parts);
        waiting = List.copyOf(waiting);
    }

    /**
     * One limit, in its unit.
     *
     * @param shadow whether nothing waits for it
     */
    record Part(LimitRef limit, long needed, long taken, boolean shadow) {}

    /** The smallest part that is taken of what any limit is needed for that the work waits for. */
    double share() {
        return parts.stream()
                .filter(part -> part.needed() > 0 && !part.shadow())
                .mapToDouble(part -> (double) part.taken() / part.needed())
                .min()
                .orElse(0);
    }
}
