package io.tenantry.keys;

import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import java.util.List;

/** Repeats what was to be deleted, as it was named. */
@JsonNaming(PropertyNamingStrategies.SnakeCaseStrategy.class)
public record DeletedKeysView(List<String> deletedKeys) {}
