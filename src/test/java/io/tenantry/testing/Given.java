package io.tenantry.testing;

import java.util.HashMap;
import java.util.Map;
import java.util.UUID;

/**
 * Fixtures: what a test does not mention is allowed, valid and plentiful. Each call makes a new object under a new id, so tests never
 * meet each other.
 */
public final class Given {

    private Given() {}

    public static String unique(String prefix) {
        return prefix + "-" + UUID.randomUUID();
    }

    public static String organization(Object... fields) {
        var body = body(fields);
        body.putIfAbsent("organization_alias", unique("org"));
        return Api.asMaster().create("/organization/new", body).getString("organization_id");
    }

    public static String team(Object... fields) {
        var body = body(fields);
        body.putIfAbsent("team_alias", unique("team"));
        return Api.asMaster().create("/team/new", body).getString("team_id");
    }

    public static String user(Object... fields) {
        var body = body(fields);
        body.putIfAbsent("auto_create_key", false);
        return Api.asMaster().create("/user/new", body).getString("user_id");
    }

    /** The secret of a new key. */
    public static String key(Object... fields) {
        return Api.asMaster().create("/key/generate", body(fields)).getString("key");
    }

    /** A user with a key of the given global role. */
    public static String keyOfUserWithRole(String role) {
        return key("user_id", user("user_role", role));
    }

    /** The body from alternating names and values. */
    public static Map<String, Object> body(Object... fields) {
        var body = new HashMap<String, Object>();
        for (int i = 0; i < fields.length; i += 2) {
            body.put((String) fields[i], fields[i + 1]);
        }
        return body;
    }
}
