package io.tenantry.keys;

import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import jakarta.validation.constraints.NotNull;
import java.util.List;

/** Repeats what was to be deleted, as it was named. */
@JsonNaming(PropertyNamingStrategies.SnakeCaseStrategy.class)
public record DeletedKeysView(@NotNull List<String> deletedKeys) {}
