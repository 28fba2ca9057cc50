package io.tenantry.keys;

import com.fasterxml.jackson.annotation.JsonProperty;
import java.util.List;

/** What a key is for: a short way to say {@code allowed_routes}. */
enum KeyType {
    @JsonProperty("default")
    DEFAULT("default", List.of()),
    @JsonProperty("llm_api")
    LLM_API("llm_api", List.of("llm_api_routes")),
    @JsonProperty("management")
    MANAGEMENT("management", List.of("management_routes")),
    @JsonProperty("read_only")
    READ_ONLY("read_only", List.of("info_routes")),
    /** The credential of a proxy that asks for admissions; an addition to the API we are compatible with. */
    @JsonProperty("gateway")
    GATEWAY("gateway", List.of());

    final String wire;
    final List<String> routes;

    KeyType(String wire, List<String> routes) {
        this.wire = wire;
        this.routes = routes;
    }

    /** The wire's word, which is what a validation message lists. */
    @Override
    public String toString() {
        return wire;
    }
}
