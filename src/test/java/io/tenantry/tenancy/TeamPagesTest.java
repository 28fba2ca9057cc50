package io.tenantry.tenancy;

import static io.tenantry.testing.Given.body;
import static org.assertj.core.api.Assertions.assertThat;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.hasItem;
import static org.hamcrest.Matchers.hasKey;
import static org.hamcrest.Matchers.hasSize;
import static org.hamcrest.Matchers.not;
import static org.hamcrest.Matchers.notNullValue;

import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.response.ValidatableResponse;
import io.tenantry.testing.Api;
import io.tenantry.testing.Given;
import io.tenantry.testing.StoreAccess;
import io.tenantry.testing.StoresResource;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

@QuarkusTest
@QuarkusTestResource(StoresResource.class)
class TeamPagesTest {

    private static ValidatableResponse page(Api caller, Object... query) {
        return caller.get("/v2/team/list", body(query)).then();
    }

    @Test
    void pagesAreSortedFilteredAndCounted() {
        var organization = Given.organization();
        var first = Given.team("organization_id", organization, "team_alias", "b-Alpha");
        var second = Given.team("organization_id", organization, "team_alias", "a-alpha");
        var third = Given.team("organization_id", organization, "team_alias", "c%beta");
        Given.key("team_id", second);

        page(Api.asMaster(), "organization_id", organization)
                .statusCode(200)
                .body("teams.team_id", equalTo(List.of(third, second, first)))
                .body("total", equalTo(3))
                .body("page", equalTo(1))
                .body("page_size", equalTo(10))
                .body("total_pages", equalTo(1))
                .body("teams[1].members_count", equalTo(1))
                .body("teams[1].keys_count", equalTo(1))
                .body("teams[0].keys_count", equalTo(0));
        page(Api.asMaster(), "organization_id", organization, "sort_by", "team_alias", "page_size", 2)
                .body("teams.team_id", equalTo(List.of(second, first)))
                .body("total", equalTo(3))
                .body("total_pages", equalTo(2));
        page(Api.asMaster(), "organization_id", organization, "sort_by", "team_alias", "page_size", 2, "page", 2)
                .body("teams.team_id", equalTo(List.of(third)));
        page(Api.asMaster(), "organization_id", organization, "sort_by", "team_alias", "sort_order", "desc")
                .body("teams.team_id", equalTo(List.of(third, first, second)));
        page(Api.asMaster(), "organization_id", organization, "team_alias", "ALPHA")
                .body("teams", hasSize(2));
        page(Api.asMaster(), "organization_id", organization, "team_alias", "%").body("teams", hasSize(1));
        page(Api.asMaster(), "team_id", first).body("teams.team_id", equalTo(List.of(first)));
        page(Api.asMaster(), "search", first).body("teams.team_id", equalTo(List.of(first)));
        page(Api.asMaster(), "search", first.substring(0, 20), "search_team_id_match", "prefix")
                .body("teams.team_id", hasItem(first));
        page(Api.asMaster(), "organization_id", Given.unique("o"))
                .body("teams", equalTo(List.of()))
                .body("total_pages", equalTo(0));
    }

    @Test
    void deleted_teams_are_listed_as_they_were_last_deleted_first() {
        var organization = Given.organization();
        var first = Given.team("organization_id", organization, "team_alias", "gone first", "max_budget", 7);
        var second = Given.team("organization_id", organization, "team_alias", "gone second");
        var stays = Given.team("organization_id", organization);
        var none = Given.team();
        List.of(first, second, none)
                .forEach(team -> Api.asMaster().create("/team/delete", Map.of("team_ids", List.of(team))));

        deleted(Api.asMaster(), "organization_id", organization)
                .statusCode(200)
                .body("teams.team_id", equalTo(List.of(second, first)))
                .body("total", equalTo(2))
                .body("teams[1].max_budget", equalTo(7))
                .body("teams[1].organization_id", equalTo(organization))
                .body("teams[1].deleted_at", notNullValue())
                .body("teams[1].deleted_by", equalTo("default_user_id"))
                .body("teams[1]", not(hasKey("members_count")));
        deleted(Api.asMaster(), "organization_id", organization, "page_size", 1, "page", 2)
                .body("teams.team_id", equalTo(List.of(first)))
                .body("total_pages", equalTo(2));
        deleted(Api.asMaster(), "team_id", first).body("teams.team_id", equalTo(List.of(first)));
        deleted(Api.asMaster(), "organization_id", organization, "team_alias", "SECOND")
                .body("teams.team_id", equalTo(List.of(second)));
        deleted(Api.asMaster(), "organization_id", organization, "search", "first")
                .body("teams.team_id", equalTo(List.of(first)));
        deleted(Api.asMaster(), "organization_id", "default_organization", "team_id", none)
                .body("teams.team_id", equalTo(List.of(none)));
        deleted(Api.asMaster(), "team_id", stays).body("teams", equalTo(List.of()));
    }

    @Test
    void deleted_teams_are_seen_by_the_admins_of_their_organization_and_by_who_was_in_them_to_the_end() {
        var organization = Given.organization();
        var team = Given.team("organization_id", organization);
        var member = Tenants.inTeam(team, "user");
        Api.asMaster().create("/team/delete", Map.of("team_ids", List.of(team)));

        var key = Given.key("user_id", member.userId());
        var admin = Api.as(Tenants.adminOf(organization).key());
        var stranger = Api.as(Tenants.adminOf(Given.organization()).key());
        deleted(admin).body("teams.team_id", equalTo(List.of(team)));
        deleted(admin, "user_id", member.userId()).body("teams.team_id", equalTo(List.of(team)));
        deleted(Api.as(key)).body("teams.team_id", equalTo(List.of(team)));
        deleted(Api.as(key), "user_id", Given.user()).statusCode(403);
        deleted(stranger).body("teams", equalTo(List.of()));
        deleted(stranger, "organization_id", organization).statusCode(403);
        deleted(stranger, "team_id", team).body("teams", equalTo(List.of()));
        deleted(Api.as(Tenants.inTeam(Given.team(), "user").key())).body("teams", equalTo(List.of()));
    }

    private static ValidatableResponse deleted(Api caller, Object... query) {
        var all = new HashMap<>(body(query));
        all.put("status", "deleted");
        return caller.get("/v2/team/list", all).then();
    }

    @Test
    void everybodySeesTheirOwn() {
        var organization = Given.organization();
        var mine = Given.team("organization_id", organization);
        var other = Given.team("organization_id", organization);
        var member = Tenants.inTeam(mine, "user");
        var admin = Api.as(Tenants.adminOf(organization).key());
        var stranger = Tenants.inTeam(Given.team(), "user").userId();

        page(Api.as(member.key())).statusCode(200).body("teams.team_id", equalTo(List.of(mine)));
        page(Api.as(member.key()), "user_id", stranger).statusCode(403);
        page(Api.as(member.key()), "team_id", other).statusCode(200).body("teams", equalTo(List.of()));
        page(admin).body("teams.team_id", hasItem(other)).body("total", equalTo(2));
        page(admin, "user_id", member.userId()).body("teams.team_id", equalTo(List.of(mine)));
        page(admin, "organization_id", Given.organization()).statusCode(403);
        page(Api.asMaster(), "user_id", member.userId()).body("teams.team_id", equalTo(List.of(mine)));
        page(Api.asMaster(), "user_id", Given.unique("u")).statusCode(404);
        page(Api.as(Tenants.keyOfTeam(mine))).statusCode(200).body("teams.team_id", equalTo(List.of(mine)));
        page(Api.asNobody()).statusCode(401);
    }

    @Test
    void badPagesAreRefusedByName() {
        page(Api.asMaster(), "page", 0).statusCode(422).body("error.param", equalTo("page"));
        page(Api.asMaster(), "page_size", 101).statusCode(422).body("error.param", equalTo("page_size"));
        page(Api.asMaster(), "page_size", "many").statusCode(422);
        page(Api.asMaster(), "status", "sleeping").statusCode(400).body("error.param", equalTo("status"));
        page(Api.asMaster(), "status", "deleted", "sort_by", "team_id")
                .statusCode(400)
                .body("error.param", equalTo("sort_by"));
        page(Api.asMaster(), "sort_by", "spend").statusCode(400).body("error.param", equalTo("sort_by"));
        page(Api.asMaster(), "sort_by", "team_id", "sort_order", "up")
                .statusCode(400)
                .body("error.param", equalTo("sort_order"));
    }

    @Test
    void formsLookTeamsUp() {
        var alias = Given.unique("Lookup");
        var team = Given.team("team_alias", alias);

        Api.asMaster()
                .get("/team/filter/ui", Map.of("team_alias", alias.toLowerCase()))
                .then()
                .statusCode(200)
                .body("team_id", equalTo(List.of(team)));
        Api.asMaster()
                .get("/team/filter/ui", Map.of("team_id", team.substring(3)))
                .then()
                .body("team_id", equalTo(List.of(team)));
        Api.as(Tenants.user().key())
                .get("/team/filter/ui", Map.of("team_alias", alias))
                .then()
                .body("team_id", equalTo(List.of()));
        Api.asMaster()
                .get("/team/metadata_schema")
                .then()
                .statusCode(200)
                .body("fields", equalTo(List.of(Map.of("key", "cost_center", "label", "Cost center"))));
    }

    @Test
    void anOpenTeamIsJoinedWithoutAnAdmin() {
        var open = "open-to-everybody";
        if (StoreAccess.queryOne("select 1 from team where team_id = ?", open) == null) {
            Given.team("team_id", open);
        }
        var user = Tenants.user("user_role", "internal_user");
        var caller = Api.as(user.key());

        caller.get("/team/available").then().statusCode(200).body("team_id", equalTo(List.of(open)));
        join(caller, open, "admin", user.userId()).statusCode(403);
        join(caller, open, "user", Given.user()).statusCode(403);
        join(caller, open, "user", user.userId())
                .statusCode(200)
                .body("updated_team_memberships.user_id", equalTo(List.of(user.userId())));
        join(caller, open, "user", user.userId())
                .statusCode(400)
                .body("error.type", equalTo("team_member_already_in_team"));
        caller.get("/team/available").then().body("team_id", not(hasItem(open)));
        join(caller, Given.team(), "user", user.userId()).statusCode(403);
        Api.asNobody().get("/team/available").then().statusCode(401);
        assertThat(StoreAccess.queryOne("select role from team_membership where user_id = ?", user.userId()))
                .isEqualTo("user");
    }

    private static ValidatableResponse join(Api caller, String team, String role, String user) {
        return caller.post("/team/member_add", body("team_id", team, "member", Map.of("role", role, "user_id", user)))
                .then();
    }
}
