package io.tenantry.tenancy;

import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import io.tenantry.core.Role;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/** A global role, in words for people. */
@JsonNaming(PropertyNamingStrategies.SnakeCaseStrategy.class)
public record RoleView(String description, String uiLabel) {

    static final Map<String, RoleView> ALL = all();

    private static Map<String, RoleView> all() {
        var roles = new LinkedHashMap<String, RoleView>();
        roles.put(Role.PROXY_ADMIN.wire, new RoleView("May do everything, in every tenant", "Admin (All Permissions)"));
        roles.put(
                Role.PROXY_ADMIN_VIEWER.wire, new RoleView("Sees everything and changes nothing", "Admin (View Only)"));
        roles.put(
                Role.INTERNAL_USER.wire,
                new RoleView("Makes, sees and deletes the own keys, sees the own spend", "Internal User (Own Keys)"));
        roles.put(
                Role.INTERNAL_USER_VIEWER.wire,
                new RoleView("Sees the own keys and spend and changes nothing", "Internal Viewer (View Only)"));
        return Collections.unmodifiableMap(roles);
    }
}
