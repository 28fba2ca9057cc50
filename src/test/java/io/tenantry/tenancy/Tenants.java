package io.tenantry.tenancy;

import static io.tenantry.testing.Given.body;

import io.tenantry.core.SecretHash;
import io.tenantry.testing.Api;
import io.tenantry.testing.Given;
import io.tenantry.testing.StoreAccess;
import java.util.Map;
import java.util.UUID;

/** People with roles and keys. Keys are put into the table, so that these tests need nothing of how keys are issued. */
final class Tenants {

    private Tenants() {}

    record Person(String userId, String key) {}

    static Person adminOf(String organization) {
        return memberOf(organization, "org_admin");
    }

    static Person memberOf(String organization, String role) {
        var person = user("user_role", "internal_user");
        Api.asMaster()
                .create(
                        "/organization/member_add",
                        body(
                                "organization_id",
                                organization,
                                "member",
                                Map.of("role", role, "user_id", person.userId())));
        return person;
    }

    static Person inTeam(String team, String role) {
        var person = user("user_role", "internal_user");
        Api.asMaster()
                .create(
                        "/team/member_add",
                        body("team_id", team, "member", Map.of("role", role, "user_id", person.userId())));
        return person;
    }

    static Person user(Object... fields) {
        var user = Given.user(fields);
        return new Person(user, keyOf(user, null));
    }

    /** A key that belongs to a team and to no user. */
    static String keyOfTeam(String team) {
        return keyOf(null, team);
    }

    private static String keyOf(String user, String team) {
        var secret = "sk-" + UUID.randomUUID();
        StoreAccess.execute(
                "insert into api_key (key_id, secret_hash, key_name, user_id, team_id, created_by, updated_by) values (?, ?, 'sk-...test', ?, ?, 'test', 'test')",
                UUID.randomUUID(),
                SecretHash.of(secret),
                user,
                team);
        return secret;
    }
}
