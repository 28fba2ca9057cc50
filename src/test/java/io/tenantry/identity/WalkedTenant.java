package io.tenantry.identity;

import static io.tenantry.testing.Given.body;

import io.tenantry.core.SecretHash;
import io.tenantry.testing.Api;
import io.tenantry.testing.Given;
import io.tenantry.testing.StoreAccess;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** An organization with a team, a user in both, and the user's key in the team; or the names of one that does not exist. */
final class WalkedTenant {

    private static final Pattern PLACEHOLDER = Pattern.compile("\\$[a-z]+");

    private final boolean exists;
    private final Map<String, String> names = new LinkedHashMap<>();

    private WalkedTenant(boolean exists) {
        this.exists = exists;
    }

    static WalkedTenant made() {
        var tenant = new WalkedTenant(true);
        var organization = Given.organization();
        var team = Given.team("organization_id", organization);
        var user = member(organization, team);
        var key = Given.key("team_id", team, "user_id", user);
        tenant.names.put("$org", organization);
        tenant.names.put("$team", team);
        tenant.names.put("$user", user);
        tenant.names.put("$key", key);
        tenant.names.put(
                "$keyid", StoreAccess.queryOne("select key_id from api_key where secret_hash = ?", SecretHash.of(key)));
        tenant.names.put(
                "$audit",
                StoreAccess.queryOne(
                        "select audit_id from audit_log where object_kind = 'team' and object_id = ?", team));
        return tenant;
    }

    static WalkedTenant missing() {
        var tenant = new WalkedTenant(false);
        for (var name : List.of("$org", "$team", "$user", "$keyid", "$audit")) {
            tenant.names.put(name, UUID.randomUUID().toString());
        }
        tenant.names.put("$key", "sk-" + UUID.randomUUID());
        return tenant;
    }

    String organization() {
        return names.get("$org");
    }

    String team() {
        return names.get("$team");
    }

    /** What nobody outside of the tenant may read who has not named it. */
    List<String> identities(WalkedRoute route) {
        return Stream.of("$org", "$team", "$user", "$keyid")
                .filter(name -> !route.request().contains(name))
                .map(names::get)
                .toList();
    }

    /** The request with this tenant's names, and with things made for this call. */
    String fill(String request, Map<String, String> used) {
        return PLACEHOLDER.matcher(request).replaceAll(found -> {
            var value = used.computeIfAbsent(found.group(), this::value);
            return Matcher.quoteReplacement(value);
        });
    }

    private String value(String placeholder) {
        if (names.containsKey(placeholder)) {
            return names.get(placeholder);
        }
        if (!exists && placeholder.startsWith("$fresh")) {
            return placeholder.endsWith("key")
                    ? names.get("$key")
                    : UUID.randomUUID().toString();
        }
        return switch (placeholder) {
            case "$new" -> Given.unique("walk");
            case "$freshorg" -> Given.organization();
            case "$freshteam" -> Given.team("organization_id", organization());
            case "$freshmember" -> member(organization(), team());
            case "$freshteamkey" -> Given.key("team_id", team());
            case "$freshkey" -> Given.key("team_id", team(), "user_id", names.get("$user"));
            case "$customer", "$tag", "$budget", "$group" -> of(placeholder);
            default -> throw new IllegalArgumentException(placeholder);
        };
    }

    /** What belongs to no tenant: made on demand. */
    private static String of(String placeholder) {
        var id = Given.unique("walk");
        switch (placeholder) {
            case "$customer" -> Api.asMaster().create("/customer/new", body("user_id", id));
            case "$tag" -> Api.asMaster().create("/tag/new", body("name", id));
            case "$budget" -> Api.asMaster().create("/budget/new", body("budget_id", id, "max_budget", 1));
            default -> {
                var answer = Api.asMaster().post("/v1/access_group", body("access_group_name", id));
                return answer.jsonPath().getString("access_group_id");
            }
        }
        return id;
    }

    static String member(String organization, String team) {
        var user = Given.user("user_role", "internal_user");
        joinOrganization(organization, user, "internal_user");
        joinTeam(team, user, "user");
        return user;
    }

    static void joinOrganization(String organization, String user, String role) {
        Api.asMaster()
                .create(
                        "/organization/member_add",
                        body("organization_id", organization, "member", Map.of("role", role, "user_id", user)));
    }

    static void joinTeam(String team, String user, String role) {
        Api.asMaster()
                .create("/team/member_add", body("team_id", team, "member", Map.of("role", role, "user_id", user)));
    }
}
