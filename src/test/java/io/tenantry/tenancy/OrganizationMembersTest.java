package io.tenantry.tenancy;

import static io.tenantry.testing.Given.body;
import static org.assertj.core.api.Assertions.assertThat;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.nullValue;

import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.tenantry.testing.Api;
import io.tenantry.testing.Given;
import io.tenantry.testing.StoreAccess;
import io.tenantry.testing.StoresResource;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

@QuarkusTest
@QuarkusTestResource(StoresResource.class)
class OrganizationMembersTest {

    @Test
    void members_are_made_and_added_with_role_and_budget() {
        var organization = Given.organization();
        var email = Given.unique("new") + "@example.org";

        Api.asMaster()
                .post(
                        "/organization/member_add",
                        body(
                                "organization_id",
                                organization,
                                "member",
                                List.of(Map.of("role", "org_admin", "user_email", email)),
                                "max_budget_in_organization",
                                12))
                .then()
                .statusCode(200)
                .body("organization_id", equalTo(organization))
                .body("updated_users[0].user_email", equalTo(email))
                .body("updated_users[0].user_role", equalTo("internal_user"))
                .body("updated_organization_memberships[0].user_role", equalTo("org_admin"))
                .body("updated_organization_memberships[0].litellm_budget_table.max_budget", equalTo(12))
                .body("updated_organization_memberships[0].user", nullValue());
    }

    @Test
    void all_are_added_or_none() {
        var organization = Given.organization();
        var there = Tenants.memberOf(organization, "internal_user").userId();
        var fresh = Given.unique("fresh");

        Api.asMaster()
                .post(
                        "/organization/member_add",
                        body(
                                "organization_id",
                                organization,
                                "member",
                                List.of(member("internal_user", fresh), member("org_admin", there))))
                .then()
                .statusCode(409)
                .body("error.param", equalTo("member"))
                .body("error.message", containsString(there));

        assertThat(StoreAccess.queryOne("select user_id from app_user where user_id = ?", fresh))
                .isNull();
        assertThat(StoreAccess.queryOne("select user_role from organization_membership where user_id = ?", there))
                .isEqualTo("internal_user");
    }

    @Test
    void an_addition_is_recorded() {
        var organization = Given.organization();
        var user = Tenants.memberOf(organization, "internal_user").userId();

        assertThat(StoreAccess.queryOne(
                        "select action || ' ' || organization_id from audit_log where object_kind = 'organization_member' and object_id = ?",
                        organization + "/" + user))
                .isEqualTo("created " + organization);
    }

    @Test
    void an_admin_of_the_organization_may_add_and_others_may_not() {
        var organization = Given.organization();
        var request = body("organization_id", organization, "member", member("internal_user", Given.unique("u")));

        Api.as(Tenants.memberOf(organization, "internal_user").key())
                .post("/organization/member_add", request)
                .then()
                .statusCode(403);
        Api.as(Tenants.adminOf(Given.organization()).key())
                .post("/organization/member_add", request)
                .then()
                .statusCode(404);
        Api.asNobody().post("/organization/member_add", request).then().statusCode(401);
        Api.as(Tenants.adminOf(organization).key())
                .post("/organization/member_add", request)
                .then()
                .statusCode(200);
    }

    @Test
    void bad_input_is_refused_by_name() {
        var organization = Given.organization();

        refused(404, "organization_id", body("organization_id", Given.unique("o"), "member", member("org_admin", "u")));
        refused(422, "member", body("organization_id", organization));
        refused(422, "organization_id", body("member", member("org_admin", "u")));
        refused(
                400,
                "max_budget_in_organization",
                body(
                        "organization_id",
                        organization,
                        "member",
                        member("org_admin", "u"),
                        "max_budget_in_organization",
                        -1));
        Api.asMaster()
                .post("/organization/member_add", body("organization_id", organization, "member", member("admin", "u")))
                .then()
                .statusCode(422)
                .body("error.param", containsString("role"));
        Api.asMaster()
                .post(
                        "/organization/member_add",
                        body("organization_id", organization, "member", Map.of("role", "org_admin")))
                .then()
                .statusCode(422);
    }

    private static Map<String, Object> member(String role, String user) {
        return Map.of("role", role, "user_id", user);
    }

    private static void refused(int status, String field, Map<String, Object> body) {
        Api.asMaster()
                .post("/organization/member_add", body)
                .then()
                .statusCode(status)
                .body("error.param", equalTo(field));
    }
}
