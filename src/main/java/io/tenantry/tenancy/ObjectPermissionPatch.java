package io.tenantry.tenancy;

import com.fasterxml.jackson.annotation.JsonAnySetter;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import io.quarkus.runtime.annotations.RegisterForReflection;
import io.tenantry.core.Patch;
import jakarta.validation.constraints.NotNull;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** A change of which tools, stores and agents an owner may use. Null takes the list away, an empty one allows none. */
@RegisterForReflection
@JsonNaming(PropertyNamingStrategies.SnakeCaseStrategy.class)
public record ObjectPermissionPatch(
        Patch<List<@NotNull String>> mcpServers,
        Patch<List<@NotNull String>> mcpAccessGroups,
        Patch<Map<String, List<@NotNull String>>> mcpToolPermissions,
        Patch<List<@NotNull String>> vectorStores,
        Patch<List<@NotNull String>> agents,
        Patch<List<@NotNull String>> agentAccessGroups,
        Patch<List<@NotNull String>> mcpToolsets,
        Patch<List<@NotNull String>> blockedTools,
        Patch<List<@NotNull String>> searchTools,
        Patch<List<@NotNull String>> skills,
        Patch<Boolean> mcpToolSearchEnabled,
        @JsonAnySetter Map<String, Object> others) {

    /** Fails with NOT_ENFORCED for what nothing would enforce. */
    public void requireSupported() {
        UnsupportedFields.refuse("object_permission.", others, UnsupportedFields.OF_OBJECT_PERMISSIONS);
    }

    /** Absent stays, null is cleared. */
    public void applyTo(ObjectPermission permission) {
        permission.mcpServers = mcpServers.over(permission.mcpServers);
        permission.mcpAccessGroups = mcpAccessGroups.over(permission.mcpAccessGroups);
        mcpToolPermissions.ifPresent(
                tools -> permission.mcpToolPermissions = tools == null ? null : new HashMap<String, Object>(tools));
        permission.vectorStores = vectorStores.over(permission.vectorStores);
        permission.agents = agents.over(permission.agents);
        permission.agentAccessGroups = agentAccessGroups.over(permission.agentAccessGroups);
        permission.mcpToolsets = mcpToolsets.over(permission.mcpToolsets);
        permission.blockedTools = blockedTools.over(permission.blockedTools);
        permission.searchTools = searchTools.over(permission.searchTools);
        permission.skills = skills.over(permission.skills);
        permission.mcpToolSearchEnabled = mcpToolSearchEnabled.over(permission.mcpToolSearchEnabled);
    }
}
