package io.tenantry.keys;

import jakarta.validation.constraints.NotNull;

/** A key, named by its secret, its hash or its id. */
public record NamedKeyRequest(@NotNull String key) {}
