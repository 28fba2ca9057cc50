package io.tenantry.tenancy;

import io.quarkus.hibernate.reactive.panache.PanacheEntityBase;
import jakarta.persistence.Column;
import jakarta.persistence.Entity;
import jakarta.persistence.Id;
import jakarta.persistence.Table;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.hibernate.annotations.JdbcTypeCode;
import org.hibernate.type.SqlTypes;

/** Which tools, stores and agents its owner may use. A null list says nothing, an empty one allows none. */
@Entity
@Table(name = "object_permission")
public class ObjectPermission extends PanacheEntityBase {

    @Id
    @Column(name = "object_permission_id")
    public String objectPermissionId;

    @JdbcTypeCode(SqlTypes.ARRAY)
    @Column(name = "mcp_servers")
    public List<String> mcpServers;

    @JdbcTypeCode(SqlTypes.ARRAY)
    @Column(name = "mcp_access_groups")
    public List<String> mcpAccessGroups;

    @JdbcTypeCode(SqlTypes.JSON)
    @Column(name = "mcp_tool_permissions")
    public Map<String, Object> mcpToolPermissions;

    @JdbcTypeCode(SqlTypes.ARRAY)
    @Column(name = "vector_stores")
    public List<String> vectorStores;

    @JdbcTypeCode(SqlTypes.ARRAY)
    public List<String> agents;

    @JdbcTypeCode(SqlTypes.ARRAY)
    @Column(name = "agent_access_groups")
    public List<String> agentAccessGroups;

    @Column(name = "created_at")
    public Instant createdAt;

    @Column(name = "updated_at")
    public Instant updatedAt;
}
