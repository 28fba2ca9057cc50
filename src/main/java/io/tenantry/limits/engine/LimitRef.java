package io.tenantry.limits.engine;

import io.tenantry.core.ResourceKind;

/**
 * Which limit: of whom, of what kind, and for which model if it is for one only.
 *
 * @param model null for a limit on all models
 */
public record LimitRef(ResourceKind scope, String id, LimitKind kind, String model) {}
