package io.tenantry.limits.engine;

import io.tenantry.platform.redis.TenantRoot;
import io.vertx.core.buffer.Buffer;
import java.time.Duration;
import java.util.List;

/**
 * A request to take charges.
 *
 * @param id       unique under the root; repeating a reservation with the same id gives the first answer, unless it was released
 * @param versions what the charges are based on: if one of them is outdated, nothing is taken
 * @param charges  most specific first: the first that is short is the one a refusal names
 * @param lease    after this, slots and money are free again unless settled before
 * @param memory   how long the reservation is remembered after its lease, for late settlements and repeated requests
 * @param payload  kept with the reservation and handed back to whoever repeats or settles it; what can be undone begins with the moment of its attempt, see
 *                 {@link Attempts}
 */
public record Reservation(
        TenantRoot root,
        String id,
        List<ObjectVersion> versions,
        List<Charge> charges,
        Duration lease,
        Duration memory,
        Buffer payload) {

    /** Far beyond what levels, models and tags of one request can have; the script takes each with a handful of values on its stack of 8,000. */
    private static final int MOST_CHARGES = 1_000;

    public Reservation {
        if (charges.size() > MOST_CHARGES) {
            throw new IllegalArgumentException(charges.size() + " limits in one request, at most " + MOST_CHARGES);
        }
        versions = List.copyOf(versions);
        charges = List.copyOf(charges);
    }
}
