package io.tenantry.tenancy;

import static io.tenantry.testing.Given.body;
import static org.assertj.core.api.Assertions.assertThat;

import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.tenantry.testing.Api;
import io.tenantry.testing.Given;
import io.tenantry.testing.StoreAccess;
import io.tenantry.testing.StoresResource;
import java.util.Map;
import org.junit.jupiter.api.Test;

@QuarkusTest
@QuarkusTestResource(StoresResource.class)
class TenantIsolationTest {

    @Test
    void an_admin_of_one_tenant_finds_nothing_of_another() {
        var mine = Given.organization();
        var admin = Api.as(Tenants.adminOf(mine).key());
        var foreign = Given.organization("organization_alias", Given.unique("secret-plans"));
        var foreignTeam = Given.team("organization_id", foreign);
        var foreigner = Tenants.inTeam(foreignTeam, "user").userId();

        assertThat(admin.get("/organization/list").asString()).doesNotContain(foreign, foreignTeam, foreigner);
        assertThat(admin.get("/team/list").asString()).doesNotContain(foreign, foreignTeam, foreigner);
        assertThat(admin.get("/team/list", Map.of("organization_id", foreign)).asString())
                .isEqualTo("[]");
        assertThat(admin.get("/team/list", Map.of("user_id", foreigner)).asString())
                .isEqualTo("[]");
        assertThat(admin.get("/organization/list", Map.of("org_alias", "secret-plans"))
                        .asString())
                .isEqualTo("[]");
        assertThat(admin.get("/organization/info", Map.of("organization_id", foreign))
                        .statusCode())
                .isEqualTo(404);
        assertThat(admin.get("/team/info", Map.of("team_id", foreignTeam)).statusCode())
                .isEqualTo(404);
        assertThat(admin.get("/user/info", Map.of("user_id", foreigner)).statusCode())
                .isEqualTo(404);
        assertThat(admin.post(
                                "/team/member_add",
                                body("team_id", foreignTeam, "member", Map.of("role", "admin", "user_id", foreigner)))
                        .statusCode())
                .isEqualTo(404);
        assertThat(admin.post(
                                "/organization/member_add",
                                body(
                                        "organization_id",
                                        foreign,
                                        "member",
                                        Map.of("role", "org_admin", "user_id", foreigner)))
                        .statusCode())
                .isEqualTo(404);
    }

    @Test
    void a_tenants_admin_may_not_give_an_address_to_somebody_elses_user() {
        var team = Given.team("organization_id", Given.organization());
        var admin = Api.as(Tenants.inTeam(team, "admin").key());
        var victim = Given.user();

        admin.post(
                        "/team/member_add",
                        body(
                                "team_id",
                                team,
                                "member",
                                Map.of(
                                        "role",
                                        "user",
                                        "user_id",
                                        victim,
                                        "user_email",
                                        Given.unique("evil") + "@example.org")))
                .then()
                .statusCode(400);

        assertThat(StoreAccess.queryOne("select user_email from app_user where user_id = ?", victim))
                .isNull();
    }
}
