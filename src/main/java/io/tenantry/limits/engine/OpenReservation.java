package io.tenantry.limits.engine;

import io.tenantry.platform.redis.TenantRoot;
import io.vertx.core.buffer.Buffer;
import java.time.Duration;
import java.time.Instant;
import java.util.List;

/** An open reservation as its owner remembers it. */
public record OpenReservation(
        TenantRoot root, String id, List<Charge> charges, Instant expiresAt, Duration memory, Buffer payload) {

    public OpenReservation {
        charges = List.copyOf(charges);
    }
}
