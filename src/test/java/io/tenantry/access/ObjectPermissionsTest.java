package io.tenantry.access;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class ObjectPermissionsTest {

    @Test
    void every_level_that_says_something_has_to_allow_an_entry() {
        var key = Map.<String, Object>of("agents", List.of("a"), "vector_stores", List.of("v1", "v2"));
        var team = Map.<String, Object>of("mcp_servers", List.of("git"), "vector_stores", List.of("v2", "v3"));

        var both = ObjectPermissions.mostRestrictive(List.of(key, team));

        assertThat(both)
                .containsEntry("agents", List.of("a"))
                .containsEntry("mcp_servers", List.of("git"))
                .containsEntry("vector_stores", List.of("v2"));
    }

    @Test
    void tools_are_combined_server_by_server() {
        var key = Map.<String, Object>of(
                "mcp_tool_permissions", Map.of("git", List.of("read", "write"), "wiki", List.of("read")));
        var team = Map.<String, Object>of("mcp_tool_permissions", Map.of("git", List.of("read")));

        assertThat(ObjectPermissions.mostRestrictive(List.of(key, team)).get("mcp_tool_permissions"))
                .isEqualTo(Map.of("git", List.of("read"), "wiki", List.of("read")));
    }

    @Test
    void a_level_that_says_nothing_restricts_nothing() {
        var silent = new HashMap<String, Object>();
        silent.put("agents", null);

        assertThat(ObjectPermissions.mostRestrictive(Arrays.asList(silent, null, Map.of("agents", List.of("a")))))
                .containsEntry("agents", List.of("a"));
        assertThat(ObjectPermissions.mostRestrictive(List.of())).isNull();
    }

    @Test
    void naming_one_way_to_a_server_closes_the_others() {
        var key = Map.<String, Object>of("mcp_servers", List.of("git"));
        var team = Map.<String, Object>of("mcp_access_groups", List.of("everything"));

        assertThat(ObjectPermissions.mostRestrictive(List.of(key)))
                .containsEntry("mcp_servers", List.of("git"))
                .containsEntry("mcp_access_groups", List.of())
                .containsEntry("mcp_toolsets", List.of())
                .doesNotContainKey("agents");
        assertThat(ObjectPermissions.mostRestrictive(List.of(key, team)))
                .containsEntry("mcp_servers", List.of())
                .containsEntry("mcp_access_groups", List.of());
    }

    @Test
    void what_one_level_blocks_or_switches_off_is_so_for_all() {
        var key = Map.<String, Object>of("blocked_tools", List.of("delete"), "mcp_tool_search_enabled", true);
        var team = Map.<String, Object>of("blocked_tools", List.of("push"), "mcp_tool_search_enabled", false);

        assertThat(ObjectPermissions.mostRestrictive(List.of(key, team)))
                .containsEntry("blocked_tools", List.of("delete", "push"))
                .containsEntry("mcp_tool_search_enabled", false);
    }
}
