package io.tenantry.keys;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import java.util.Map;

/**
 * Whether the calling key works.
 *
 * @param loggingCallbacks always null: they run in the proxy, and are not called from here
 */
@JsonNaming(PropertyNamingStrategies.SnakeCaseStrategy.class)
@JsonInclude(JsonInclude.Include.ALWAYS)
public record KeyHealthView(String key, Map<String, Object> loggingCallbacks) {

    static final KeyHealthView HEALTHY = new KeyHealthView("healthy", null);
}
