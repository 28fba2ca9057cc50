package io.tenantry.testing;

import static io.tenantry.testing.Given.body;
import static org.assertj.core.api.Assertions.assertThat;

import io.restassured.response.Response;
import java.util.Map;
import java.util.function.Function;

/** Callers of what belongs to no tenant: nobody but proxy admins may change it, and viewers may look. */
public final class Roles {

    private Roles() {}

    /** A key of a new organization's admin. */
    public static String keyOfOrganizationAdmin() {
        var user = Given.user("user_role", "internal_user");
        Api.asMaster()
                .create(
                        "/organization/member_add",
                        body(
                                "organization_id",
                                Given.organization(),
                                "member",
                                Map.of("role", "org_admin", "user_id", user)));
        return Given.key("user_id", user);
    }

    /** 401 without a credential, 403 for every role below a proxy admin, and for a viewer unless the call only looks. */
    public static void onlyProxyAdmins(Function<Api, Response> call, boolean looks) {
        assertThat(call.apply(Api.asNobody()).statusCode()).isEqualTo(401);
        assertThat(call.apply(Api.as(keyOfOrganizationAdmin())).statusCode()).isEqualTo(403);
        assertThat(call.apply(Api.as(Given.keyOfUserWithRole("internal_user"))).statusCode())
                .isEqualTo(403);
        assertThat(call.apply(Api.as(Given.key())).statusCode()).isEqualTo(403);
        var viewer = call.apply(Api.as(Given.keyOfUserWithRole("proxy_admin_viewer")));
        if (looks) {
            assertThat(viewer.statusCode()).isNotIn(401, 403);
        } else {
            assertThat(viewer.statusCode()).isEqualTo(403);
            assertThat(viewer.asString()).contains("proxy admin");
        }
    }
}
