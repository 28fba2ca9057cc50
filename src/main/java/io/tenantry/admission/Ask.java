package io.tenantry.admission;

import java.time.Instant;
import java.util.List;
import java.util.function.BooleanSupplier;

/**
 * What a request asks of each limit on its way.
 *
 * @param model   the model that will be called
 * @param alias   the same as the caller named it
 * @param tags    of the request and of what it belongs to
 * @param failing whether that model fails at the moment, so that dynamic limits are enforced; only asked where there are such
 */
record Ask(String model, String alias, List<String> tags, Estimate estimate, Instant now, BooleanSupplier failing) {}
