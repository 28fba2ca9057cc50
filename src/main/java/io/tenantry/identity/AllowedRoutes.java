package io.tenantry.identity;

import java.util.List;
import java.util.Map;

/** A key's {@code allowed_routes}: exact routes, prefixes of paths, {@code prefix*}, or the name of a group. An empty list allows all. */
public final class AllowedRoutes {

    private static final List<String> INFO = List.of(
            "/key/info",
            "/v2/key/info",
            "/key/health",
            "/key/list",
            "/user/info",
            "/v2/user/info",
            "/user/filter/ui",
            "/team/info",
            "/team/list",
            "/v2/team/list",
            "/team/available",
            "/organization/list",
            "/organization/info",
            "/spend/logs");

    private static final Map<String, List<String>> GROUPS = Map.of(
            "info_routes", INFO,
            "management_routes",
                    List.of(
                            "/key/*",
                            "/user/*",
                            "/team/*",
                            "/v2/team/*",
                            "/organization/*",
                            "/v2/organization/*",
                            "/budget/*",
                            "/customer/*",
                            "/end_user/*",
                            "/tag/*",
                            "/v2/key/*",
                            "/v2/user/*",
                            "/spend/*",
                            "/audit",
                            "/audit/*",
                            "/v1/access_group",
                            "/v1/access_group/*",
                            "/v1/unified_access_group",
                            "/v1/unified_access_group/*"),
            "key_management_routes", List.of("/key/*"),
            "spend_tracking_routes", List.of("/spend/*"),
            // Model calls go to the proxy; what a key may do there is decided by its admission.
            "llm_api_routes", List.of());

    private AllowedRoutes() {}

    public static boolean permit(List<String> allowed, String path) {
        return allowed.isEmpty() || allowed.stream().anyMatch(entry -> covers(entry, path));
    }

    /** Whether a key with these routes may be used for model calls. */
    public static boolean permitModelCalls(List<String> allowed) {
        return allowed.isEmpty()
                || allowed.stream()
                        .anyMatch(entry -> entry.equals("llm_api_routes")
                                || entry.equals("openai_routes")
                                || entry.equals("*")
                                || entry.equals("/*")
                                || entry.startsWith("/v1/")
                                || entry.startsWith("/chat"));
    }

    private static boolean covers(String entry, String path) {
        var group = GROUPS.get(entry);
        if (group != null) {
            // a route of a group is no prefix: below /key/info there would be /key/{key}/regenerate
            return group.stream().anyMatch(route -> route.endsWith("*") ? covers(route, path) : isRoute(route, path));
        }
        if (entry.endsWith("*")) {
            return path.startsWith(entry.substring(0, entry.length() - 1));
        }
        return path.equals(entry) || path.startsWith(entry + "/");
    }

    private static boolean isRoute(String route, String path) {
        return path.startsWith(route)
                && (path.length() == route.length()
                        || path.substring(route.length()).equals("/"));
    }
}
