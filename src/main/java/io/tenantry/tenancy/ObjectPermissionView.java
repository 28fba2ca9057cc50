package io.tenantry.tenancy;

import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import java.util.List;
import java.util.Map;

/** What an owner may use, as clients read it. */
@JsonNaming(PropertyNamingStrategies.SnakeCaseStrategy.class)
public record ObjectPermissionView(
        String objectPermissionId,
        List<String> mcpServers,
        List<String> mcpAccessGroups,
        Map<String, Object> mcpToolPermissions,
        List<String> mcpToolsets,
        List<String> blockedTools,
        List<String> vectorStores,
        List<String> agents,
        List<String> agentAccessGroups,
        List<String> models,
        List<String> searchTools,
        List<String> skills,
        Boolean mcpToolSearchEnabled) {

    /** Null where there is none. */
    public static ObjectPermissionView of(ObjectPermission permission) {
        return permission == null
                ? null
                : new ObjectPermissionView(
                        permission.objectPermissionId,
                        permission.mcpServers,
                        permission.mcpAccessGroups,
                        permission.mcpToolPermissions,
                        permission.mcpToolsets,
                        permission.blockedTools,
                        permission.vectorStores,
                        permission.agents,
                        permission.agentAccessGroups,
                        null,
                        permission.searchTools,
                        permission.skills,
                        permission.mcpToolSearchEnabled);
    }
}
