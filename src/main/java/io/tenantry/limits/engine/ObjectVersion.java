package io.tenantry.limits.engine;

import io.tenantry.core.ResourceKind;

/** The version of a row that a decision is based on. */
public record ObjectVersion(ResourceKind kind, String id, long version) {}
