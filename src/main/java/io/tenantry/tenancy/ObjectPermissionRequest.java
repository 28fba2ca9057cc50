package io.tenantry.tenancy;

import com.fasterxml.jackson.annotation.JsonAnySetter;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import jakarta.validation.constraints.NotNull;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Which tools, stores and agents an organization, team, user or key may use. Absent says nothing, an empty list allows none. */
@JsonNaming(PropertyNamingStrategies.SnakeCaseStrategy.class)
public record ObjectPermissionRequest(
        List<@NotNull String> mcpServers,
        List<@NotNull String> mcpAccessGroups,
        Map<String, List<@NotNull String>> mcpToolPermissions,
        List<@NotNull String> vectorStores,
        List<@NotNull String> agents,
        List<@NotNull String> agentAccessGroups,
        List<@NotNull String> mcpToolsets,
        List<@NotNull String> blockedTools,
        List<@NotNull String> searchTools,
        List<@NotNull String> skills,
        Boolean mcpToolSearchEnabled,
        @JsonAnySetter Map<String, Object> others) {

    /** A new row; fails with NOT_ENFORCED for what nothing would enforce. */
    public ObjectPermission toPermission() {
        UnsupportedFields.refuse("object_permission.", others, UnsupportedFields.OF_OBJECT_PERMISSIONS);
        var permission = ObjectPermission.make();
        permission.mcpServers = mcpServers;
        permission.mcpAccessGroups = mcpAccessGroups;
        permission.mcpToolPermissions = mcpToolPermissions == null ? null : new HashMap<>(mcpToolPermissions);
        permission.vectorStores = vectorStores;
        permission.agents = agents;
        permission.agentAccessGroups = agentAccessGroups;
        permission.mcpToolsets = mcpToolsets;
        permission.blockedTools = blockedTools;
        permission.searchTools = searchTools;
        permission.skills = skills;
        permission.mcpToolSearchEnabled = mcpToolSearchEnabled;
        return permission;
    }
}
