package io.tenantry.core;

/** Global roles. Organization and team roles are never global: they belong to a membership. */
public enum Role {
    PROXY_ADMIN("proxy_admin"),
    PROXY_ADMIN_VIEWER("proxy_admin_viewer"),
    INTERNAL_USER("internal_user"),
    INTERNAL_USER_VIEWER("internal_user_viewer"),
    /** A proxy in front of the models: may ask for admissions and settle them, and nothing else. */
    GATEWAY("gateway"),
    /** A key that belongs to no user. */
    KEY_ONLY("key");

    public final String wire;

    Role(String wire) {
        this.wire = wire;
    }

    /** The role of a stored user; an absent one counts as an ordinary user. */
    public static Role ofUser(String wire) {
        if (wire == null) {
            return INTERNAL_USER;
        }
        for (var role : values()) {
            if (role.wire.equals(wire)) {
                return role;
            }
        }
        return INTERNAL_USER;
    }
}
