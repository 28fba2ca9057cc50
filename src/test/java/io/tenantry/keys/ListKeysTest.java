package io.tenantry.keys;

import static org.assertj.core.api.Assertions.assertThat;
import static org.hamcrest.Matchers.equalTo;

import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.path.json.JsonPath;
import io.tenantry.core.SecretHash;
import io.tenantry.testing.Api;
import io.tenantry.testing.Given;
import io.tenantry.testing.StoreAccess;
import io.tenantry.testing.StoresResource;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

@QuarkusTest
@QuarkusTestResource(StoresResource.class)
class ListKeysTest {

    private static JsonPath list(String caller, Object... query) {
        return Api.as(caller)
                .get("/key/list", Given.body(query))
                .then()
                .statusCode(200)
                .extract()
                .jsonPath();
    }

    private static List<String> hashes(String... keys) {
        return List.of(keys).stream().map(SecretHash::of).toList();
    }

    @Test
    void pages_are_newest_first_complete_and_do_not_overlap() {
        var team = Owners.team(null);
        var expected = new ArrayList<String>();
        for (int i = 0; i < 5; i++) {
            expected.add(SecretHash.of(Given.key("team_id", team)));
        }
        Collections.reverse(expected);

        var found = new ArrayList<String>();
        for (int page = 1; page <= 3; page++) {
            var answer = list(Api.MASTER_KEY, "team_id", team, "size", 2, "page", page);
            found.addAll(answer.getList("keys"));
            assertThat(answer.getInt("total_count")).isEqualTo(5);
            assertThat(answer.getInt("current_page")).isEqualTo(page);
            assertThat(answer.getInt("total_pages")).isEqualTo(3);
        }
        assertThat(found).isEqualTo(expected);
        assertThat(list(Api.MASTER_KEY, "team_id", team, "sort_order", "ASC").getList("keys", String.class))
                .isEqualTo(expected.stream()
                        .sorted(Collections.reverseOrder(java.util.Comparator.comparing(expected::indexOf)))
                        .toList());
        var none = list(Api.MASTER_KEY, "team_id", Given.unique("none"));
        assertThat(none.getInt("total_pages")).isZero();
    }

    @Test
    void full_objects_have_budget_permission_and_spend() {
        var team = Owners.team(Owners.organization());
        var key = Api.asMaster()
                .create(
                        "/key/generate",
                        Map.of(
                                "team_id",
                                team,
                                "budget_id",
                                Owners.budget(3_000_000_000L),
                                "object_permission",
                                Map.of("agents", List.of("a"))));
        StoreAccess.execute(
                "insert into spend_total (scope_kind, scope_id, period, period_start, period_end, spend_nano)"
                        + " values ('key', ?, '1d', date_trunc('day', now(), 'UTC'), date_trunc('day', now(), 'UTC') + interval '1 day', 1500000000)",
                key.getString("key_id"));

        var full = list(Api.MASTER_KEY, "team_id", team, "return_full_object", true);
        assertThat(full.getString("keys[0].token")).isEqualTo(key.getString("token"));
        assertThat(full.getDouble("keys[0].spend")).isEqualTo(1.5);
        assertThat(full.getDouble("keys[0].litellm_budget_table.max_budget")).isEqualTo(3);
        assertThat(full.getList("keys[0].object_permission.agents")).isEqualTo(List.of("a"));
        assertThat(full.getString("keys[0].org_id"))
                .isEqualTo(full.getString("keys[0].organization_id"))
                .isNotNull();
        assertThat(full.getList("keys")).hasSize(1);
    }

    @Test
    void filters_are_exact() {
        var user = Owners.user();
        var organization = Owners.organization();
        var team = Owners.team(organization);
        var alias = Given.unique("alias");
        var ofUser = Given.key("user_id", user);
        var ofTeam = Given.key("team_id", team, "key_alias", alias);
        var ofOrganization = Given.key("organization_id", organization);

        assertThat(list(Api.MASTER_KEY, "user_id", user).getList("keys", String.class))
                .isEqualTo(hashes(ofUser));
        assertThat(list(Api.MASTER_KEY, "organization_id", organization).getList("keys", String.class))
                .containsExactlyInAnyOrderElementsOf(hashes(ofTeam, ofOrganization));
        assertThat(list(Api.MASTER_KEY, "key_alias", alias).getList("keys", String.class))
                .isEqualTo(hashes(ofTeam));
        assertThat(list(Api.MASTER_KEY, "key_hash", SecretHash.of(ofUser)).getList("keys", String.class))
                .isEqualTo(hashes(ofUser));
    }

    @Test
    void a_key_hash_may_be_the_secret_or_the_id_as_well() {
        var key = Api.asMaster().create("/key/generate", Map.of());
        for (var name : List.of("key", "token", "key_id")) {
            assertThat(list(Api.MASTER_KEY, "key_hash", key.getString(name)).getList("keys"))
                    .isEqualTo(List.of(key.getString("token")));
        }
    }

    @Test
    void a_user_sees_their_own_and_with_team_keys_those_of_no_member() {
        var team = Owners.team(null);
        var user = Owners.user();
        Owners.join(team, user, "user");
        var mine = Given.key("user_id", user);
        var shared = Given.key("team_id", team);
        Given.key("team_id", team, "user_id", Owners.user());

        assertThat(list(mine).getList("keys", String.class)).isEqualTo(hashes(mine));
        assertThat(list(mine, "team_id", team).getList("keys")).isEmpty();
        assertThat(list(mine, "include_team_keys", true).getList("keys", String.class))
                .containsExactlyInAnyOrderElementsOf(hashes(mine, shared));
    }

    @Test
    void admins_of_a_team_and_of_its_organization_see_its_keys() {
        var organization = Owners.organization();
        var team = Owners.team(organization);
        var key = Given.key("team_id", team, "user_id", Owners.user());

        for (var admin : List.of(Owners.keyOfTeamMember(team, "admin"), Owners.keyOfOrganizationAdmin(organization))) {
            assertThat(list(admin, "team_id", team).getList("keys", String.class))
                    .isEqualTo(hashes(key));
            assertThat(list(admin).getList("keys", String.class)).isEqualTo(hashes(admin));
        }
    }

    @Test
    void owners_of_others_are_refused_whether_or_not_they_exist() {
        var stranger = Api.as(Owners.keyOfNewUser());
        var foreign = Map.of(
                "team_id", Owners.team(null), "organization_id", Owners.organization(), "user_id", Owners.user());

        foreign.forEach((field, id) -> {
            var there = stranger.get("/key/list", Map.of(field, id))
                    .then()
                    .statusCode(403)
                    .extract()
                    .asString();
            var gone = stranger.get("/key/list", Map.of(field, "gone"))
                    .then()
                    .statusCode(403)
                    .extract()
                    .asString();
            assertThat(there).isEqualTo(gone);
        });
    }

    @Test
    void an_admin_of_one_tenant_learns_nothing_of_another() {
        var foreignTeam = Owners.team(Owners.organization());
        var alias = Given.unique("alias");
        var foreign = Given.key("team_id", foreignTeam, "key_alias", alias);
        var organization = Owners.organization();

        for (var caller : List.of(
                Owners.keyOfOrganizationAdmin(organization),
                Owners.keyOfTeamMember(Owners.team(organization), "admin"))) {
            assertThat(list(caller, "key_alias", alias).getInt("total_count")).isZero();
            assertThat(list(caller, "key_hash", SecretHash.of(foreign)).getInt("total_count"))
                    .isZero();
            assertThat(list(caller, "include_team_keys", true).getList("keys")).doesNotContain(SecretHash.of(foreign));
            assertThat(Api.as(caller)
                            .get("/key/list", Map.of("team_id", foreignTeam))
                            .statusCode())
                    .isEqualTo(403);
        }
    }

    @Test
    void a_key_without_a_user_sees_itself() {
        var key = Given.key();
        assertThat(list(key).getList("keys", String.class)).isEqualTo(hashes(key));
        assertThat(Api.asNobody().get("/key/list").statusCode()).isEqualTo(401);
        assertThat(Api.as(Given.key("key_type", "gateway")).get("/key/list").statusCode())
                .isEqualTo(403);
    }

    @Test
    void every_order_that_is_offered_works_both_ways() {
        for (var column : List.of("created_at", "updated_at", "token", "key_alias", "max_budget", "expires")) {
            for (var order : List.of("asc", "desc")) {
                list(Api.MASTER_KEY, "sort_by", column, "sort_order", order, "size", 1);
            }
        }
    }

    @Test
    void what_cannot_be_read_or_is_not_there_to_choose_is_named() {
        Map.of("page", "0", "size", "101", "return_full_object", "perhaps")
                .forEach((name, value) -> refused(422, name, value));
        Map.of("sort_by", "spend", "sort_order", "up", "status", "blocked", "expand", "team", "project_id", "p")
                .forEach((name, value) -> refused(400, name, value));
    }

    private static void refused(int status, String name, String value) {
        Api.asMaster()
                .get("/key/list", Map.of(name, value))
                .then()
                .statusCode(status)
                .body("error.param", equalTo(name));
    }

    @Test
    void an_organization_has_its_teams_keys_and_its_own_in_one_order() {
        var organization = Given.organization();
        var other = Given.organization();
        var teams = List.of(Owners.team(organization), Owners.team(organization));
        var expected = new ArrayList<String>();
        for (int i = 0; i < 3; i++) {
            expected.add(SecretHash.of(Given.key("team_id", teams.get(0))));
            expected.add(SecretHash.of(Given.key("organization_id", organization)));
            expected.add(SecretHash.of(Given.key("team_id", teams.get(1))));
            Given.key("team_id", Owners.team(other));
        }
        Collections.reverse(expected);

        var found = new ArrayList<String>();
        for (int page = 1; page <= 5; page++) {
            var answer = list(Api.MASTER_KEY, "organization_id", organization, "size", 2, "page", page);
            found.addAll(answer.getList("keys"));
            assertThat(answer.getInt("total_count")).isEqualTo(9);
        }
        assertThat(found).isEqualTo(expected);
        for (var column : List.of("updated_at", "token", "key_alias", "expires", "max_budget")) {
            assertThat(list(Api.MASTER_KEY, "organization_id", organization, "sort_by", column, "size", 9)
                            .getList("keys", String.class))
                    .as(column)
                    .containsExactlyInAnyOrderElementsOf(expected);
        }
    }

    @Test
    void pages_end_where_skipping_to_them_would_cost_too_much() {
        list(Api.MASTER_KEY, "size", 100, "page", 1000);
        for (var path : List.of("/key/list", "/key/aliases")) {
            Api.as(Api.MASTER_KEY)
                    .get(path, Given.body("size", 100, "page", 1001))
                    .then()
                    .statusCode(400)
                    .body("error.param", equalTo("page"));
        }
        for (var path : List.of("/v2/team/list", "/user/list")) {
            Api.as(Api.MASTER_KEY)
                    .get(path, Given.body("page_size", 100, "page", 1001))
                    .then()
                    .statusCode(400)
                    .body("error.param", equalTo("page"));
        }
    }
}
