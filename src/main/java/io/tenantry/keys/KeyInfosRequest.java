package io.tenantry.keys;

import jakarta.validation.constraints.NotNull;
import jakarta.validation.constraints.Size;
import java.util.List;

/** Which keys to show: secrets, hashes or ids. */
public record KeyInfosRequest(@NotNull @Size(max = 500) List<@NotNull @Size(min = 1) String> keys) {}
