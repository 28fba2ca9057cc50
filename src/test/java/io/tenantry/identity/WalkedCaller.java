package io.tenantry.identity;

import static io.restassured.RestAssured.given;

import io.restassured.http.ContentType;
import io.restassured.response.Response;
import io.tenantry.identity.WalkedRole.Outcome;
import io.tenantry.testing.Api;
import io.tenantry.testing.Given;
import java.util.HashMap;
import java.util.Map;
import java.util.function.LongSupplier;

/** Somebody in a role, in the tenant that is called the own one. */
final class WalkedCaller {

    private final String credential;

    private final LongSupplier statements;

    private WalkedCaller(String credential, LongSupplier statements) {
        this.credential = credential;
        this.statements = statements;
    }

    /** @param statements how many statements the service has sent so far */
    static WalkedCaller of(WalkedRole role, WalkedTenant own, LongSupplier statements) {
        return new WalkedCaller(
                switch (role) {
                    case PROXY_ADMIN -> Api.MASTER_KEY;
                    case VIEWER -> Given.keyOfUserWithRole("proxy_admin_viewer");
                    case ORGANIZATION_ADMIN, ORGANIZATION_MEMBER -> inOrganization(own, role.inOrganization);
                    case TEAM_ADMIN, TEAM_MEMBER -> inTeam(own, role.inTeam);
                    case INTERNAL_USER -> Given.keyOfUserWithRole("internal_user");
                    case INTERNAL_VIEWER -> Given.keyOfUserWithRole("internal_user_viewer");
                    case TEAM_KEY -> Given.key("team_id", own.team());
                    case GATEWAY -> Given.key("key_type", "gateway");
                    case NOBODY -> null;
                },
                statements);
    }

    private static String inOrganization(WalkedTenant own, String role) {
        var user = Given.user("user_role", "internal_user");
        WalkedTenant.joinOrganization(own.organization(), user, role);
        return Given.key("user_id", user);
    }

    private static String inTeam(WalkedTenant own, String role) {
        var user = Given.user("user_role", "internal_user");
        WalkedTenant.joinTeam(own.team(), user, role);
        return Given.key("user_id", user);
    }

    /** An answer, the same with the names of the tenant taken out of it, and how many statements it took. */
    record Met(Response response, String anonymous, long statements) {

        Outcome outcome() {
            return switch (response.statusCode()) {
                case 401 -> Outcome.UNAUTHENTICATED;
                case 403 -> Outcome.FORBIDDEN;
                case 404 -> Outcome.NOT_FOUND;
                default -> Outcome.THROUGH;
            };
        }
    }

    Met call(WalkedRoute route, WalkedTenant tenant) {
        var used = new HashMap<String, String>();
        var filled = tenant.fill(route.request(), used);
        long before = statements.getAsLong();
        var response = send(route, filled, Map.of());
        long taken = statements.getAsLong() - before;
        var anonymous = response.asString();
        for (var name : used.entrySet()) {
            anonymous = anonymous.replace(name.getValue(), name.getKey());
        }
        // a key is shown by a few of its characters only
        return new Met(response, anonymous.replaceAll("sk-[\\w-]?[.*]{3,4}[\\w-]+", "\\$key"), taken);
    }

    /** @param filled the line's request with names in the place of placeholders */
    Response send(WalkedRoute route, String filled, Map<String, String> headers) {
        var path = route.path();
        var rest = filled;
        if (path.contains("{")) {
            var id = filled.split(" ", 2);
            for (var one : id[0].split(",")) {
                path = path.replaceFirst("\\{[^}]+}", one);
            }
            rest = id.length > 1 ? id[1].strip() : "";
        }
        if (rest.startsWith("?")) {
            path += rest;
        }
        var request = given().contentType(ContentType.JSON)
                .accept(ContentType.JSON)
                .headers(headers)
                .urlEncodingEnabled(false);
        if (credential != null) {
            request.header("Authorization", "Bearer " + credential);
        }
        if (rest.startsWith("{") || rest.startsWith("[")) {
            request.body(rest);
        }
        return request.request(route.method(), path);
    }
}
