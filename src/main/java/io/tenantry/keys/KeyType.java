package io.tenantry.keys;

import com.fasterxml.jackson.annotation.JsonProperty;
import io.tenantry.core.Problem;
import io.tenantry.core.ProblemCode;
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

    /** The routes that this type stands for, or those given. Fails with INVALID_VALUE where both say something else. */
    List<String> routesOr(List<String> given) {
        if (routes.isEmpty() || given == null || given.isEmpty() || given.equals(routes)) {
            return routes.isEmpty() && given != null ? given : routes;
        }
        throw Problem.of(ProblemCode.INVALID_VALUE)
                .param("allowed_routes")
                .detail(
                        "allowed_routes contradicts key_type '%s', which stands for %s: give one of them",
                        this, routes);
    }

    /** The wire's word, which is what a validation message lists. */
    @Override
    public String toString() {
        return wire;
    }
}
