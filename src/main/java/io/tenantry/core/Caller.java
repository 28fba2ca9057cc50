package io.tenantry.core;

import java.util.List;

/**
 * Who is calling, established by {@code identity}. Ids are null where they do not apply.
 *
 * @param keyId         the public id of the virtual key used, null for the master key and for tokens
 * @param allowedRoutes routes the key is confined to; empty means no confinement
 */
public record Caller(
        Role role, String userId, String keyId, String teamId, String organizationId, List<String> allowedRoutes) {

    /** What the master key's deeds are recorded under. */
    public static final String MASTER_USER_ID = "default_user_id";

    public static final Caller MASTER = new Caller(Role.PROXY_ADMIN, MASTER_USER_ID, null, null, null, List.of());

    public Caller {
        allowedRoutes = List.copyOf(allowedRoutes);
    }

    public boolean isAdmin() {
        return role == Role.PROXY_ADMIN;
    }

    /** The id that {@code created_by} and audit rows carry. */
    public String actor() {
        return userId == null ? MASTER_USER_ID : userId;
    }
}
