package io.tenantry.limits.engine;

import java.time.Instant;

/** Money that an open reservation holds, as its owner remembers it. */
public record OpenHold(String reservationId, long amount, Instant expiresAt) {}
