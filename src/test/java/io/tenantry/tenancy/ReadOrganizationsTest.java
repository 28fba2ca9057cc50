package io.tenantry.tenancy;

import static io.tenantry.testing.Given.body;
import static org.hamcrest.Matchers.empty;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.hasItem;
import static org.hamcrest.Matchers.hasKey;
import static org.hamcrest.Matchers.hasSize;
import static org.hamcrest.Matchers.not;
import static org.hamcrest.Matchers.notNullValue;

import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.tenantry.testing.Api;
import io.tenantry.testing.Given;
import io.tenantry.testing.StoresResource;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

@QuarkusTest
@QuarkusTestResource(StoresResource.class)
class ReadOrganizationsTest {

    @Test
    void an_organization_is_shown_with_members_their_users_and_teams() {
        var organization = Given.organization("max_budget", 5);
        var team = Given.team("organization_id", organization);
        var admin = Tenants.adminOf(organization);

        Api.as(admin.key())
                .get("/organization/info", Map.of("organization_id", organization))
                .then()
                .statusCode(200)
                .body("organization_id", equalTo(organization))
                .body("litellm_budget_table.max_budget", equalTo(5))
                .body("members.user_id", equalTo(List.of(admin.userId())))
                .body("members[0].user.user_id", equalTo(admin.userId()))
                .body("members[0]", hasKey("user_email"))
                .body("teams.team_id", equalTo(List.of(team)))
                .body("teams[0].members_with_roles.user_id", equalTo(List.of("default_user_id")));
    }

    @Test
    void the_older_form_shows_bare_rows_of_several() {
        var first = Given.organization();
        var second = Given.organization();

        Api.asMaster()
                .post("/organization/info", body("organizations", List.of(first, second)))
                .then()
                .statusCode(200)
                .body("organization_id", equalTo(List.of(first, second)))
                .body("[0].litellm_budget_table", notNullValue())
                .body("[0]", not(hasKey("members")));
        Api.asMaster()
                .post("/organization/info", body("organizations", List.of()))
                .then()
                .statusCode(400);
        Api.asMaster()
                .post("/organization/info", body())
                .then()
                .statusCode(422)
                .body("error.param", equalTo("organizations"));
        Api.as(Tenants.adminOf(first).key())
                .post("/organization/info", body("organizations", List.of(first, second)))
                .then()
                .statusCode(404);
        Api.asNobody()
                .post("/organization/info", body("organizations", List.of(first)))
                .then()
                .statusCode(401);
    }

    @Test
    void only_its_admins_and_those_who_see_everything_may_look() {
        var organization = Given.organization();

        look(Tenants.user("user_role", "proxy_admin_viewer").key(), organization, 200);
        look(Tenants.memberOf(organization, "internal_user").key(), organization, 403);
        look(Tenants.adminOf(Given.organization()).key(), organization, 404);
        Api.asNobody()
                .get("/organization/info", Map.of("organization_id", organization))
                .then()
                .statusCode(401);
        Api.asMaster().get("/organization/info").then().statusCode(422).body("error.param", equalTo("organization_id"));
        Api.asMaster()
                .get("/organization/info", Map.of("organization_id", Given.unique("o")))
                .then()
                .statusCode(404);
    }

    @Test
    void a_list_holds_the_organizations_in_which_the_caller_has_any_role() {
        var mine = Given.organization();
        var other = Given.organization();
        var member = Api.as(Tenants.memberOf(mine, "internal_user_viewer").key());

        member.get("/organization/list")
                .then()
                .statusCode(200)
                .body("organization_id", equalTo(List.of(mine)))
                .body("[0].members", hasSize(1))
                .body("[0].teams", empty())
                .body("[0].litellm_budget_table", notNullValue());
        member.get("/organization/list", Map.of("org_id", other))
                .then()
                .statusCode(200)
                .body("", empty());
        Api.as(Tenants.user("user_role", "internal_user").key())
                .get("/organization/list")
                .then()
                .statusCode(200)
                .body("", empty());
        Api.as(Tenants.keyOfTeam(Given.team()))
                .get("/organization/list")
                .then()
                .statusCode(200)
                .body("", empty());
        Api.asNobody().get("/organization/list").then().statusCode(401);
    }

    @Test
    void a_list_can_be_searched_by_id_and_by_a_part_of_the_alias() {
        var alias = Given.unique("100%_Research");
        var organization = Given.organization("organization_alias", alias);
        Given.organization();

        Api.asMaster()
                .get("/organization/list", Map.of("org_id", organization))
                .then()
                .body("organization_id", equalTo(List.of(organization)));
        Api.asMaster()
                .get(
                        "/organization/list",
                        Map.of("org_alias", alias.substring(2).toUpperCase(Locale.ROOT)))
                .then()
                .body("organization_id", equalTo(List.of(organization)));
        Api.as(Tenants.user("user_role", "proxy_admin_viewer").key())
                .get("/organization/list")
                .then()
                .body("organization_id", hasItem(organization));
    }

    @Test
    void a_list_can_be_asked_for_page_by_page() {
        var alias = Given.unique("paged");
        var made = Stream.generate(() -> Given.organization("organization_alias", alias))
                .limit(3)
                .toList();
        var newestFirst = List.of(made.get(2), made.get(1), made.get(0));

        Api.asMaster()
                .get("/organization/list", Map.of("org_alias", alias, "page", 1, "page_size", 2))
                .then()
                .body("organization_id", equalTo(newestFirst.subList(0, 2)));
        Api.asMaster()
                .get("/organization/list", Map.of("org_alias", alias, "page", 2, "page_size", 2))
                .then()
                .body("organization_id", equalTo(newestFirst.subList(2, 3)));
        for (var wrong : List.of(Map.of("page", "0"), Map.of("page_size", "1001"), Map.of("page_size", "many"))) {
            Api.asMaster()
                    .get("/organization/list", wrong)
                    .then()
                    .statusCode(422)
                    .body("error.param", equalTo(wrong.keySet().iterator().next()));
        }
        Api.asMaster()
                .get("/organization/list", Map.of("page", "1000", "page_size", "1000"))
                .then()
                .statusCode(400)
                .body("error.param", equalTo("page"));
    }

    private static void look(String key, String organization, int status) {
        Api.as(key)
                .get("/organization/info", Map.of("organization_id", organization))
                .then()
                .statusCode(status);
    }
}
