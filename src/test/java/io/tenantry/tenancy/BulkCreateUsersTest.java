package io.tenantry.tenancy;

import static io.restassured.RestAssured.given;
import static io.tenantry.testing.Given.body;
import static org.assertj.core.api.Assertions.assertThat;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.everyItem;
import static org.hamcrest.Matchers.nullValue;

import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.path.json.JsonPath;
import io.restassured.response.Response;
import io.tenantry.testing.Api;
import io.tenantry.testing.Given;
import io.tenantry.testing.StoreAccess;
import io.tenantry.testing.StoresResource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

@QuarkusTest
@QuarkusTestResource(StoresResource.class)
class BulkCreateUsersTest {

    @Test
    void thousands_are_made_with_memberships_and_one_result_each() {
        var organization = Given.organization();
        var team = Given.team("organization_id", organization);
        var prefix = Given.unique("bulk");
        var users = IntStream.range(0, 2_500)
                .mapToObj(i ->
                        body("user_id", prefix + i, "organizations", List.of(organization), "teams", List.of(team)))
                .toList();

        var answer = Api.asMaster().create("/user/bulk_create", users);

        assertThat(answer.getInt("total_requested")).isEqualTo(2_500);
        assertThat(answer.getInt("successful_creates")).isEqualTo(2_500);
        assertThat(answer.getList("results.index", Integer.class))
                .isEqualTo(IntStream.range(0, 2_500).boxed().toList());
        for (var sql : List.of(
                "select count(*) from app_user where user_id like ?",
                "select count(*) from organization_membership where user_id like ?",
                "select count(*) from team_membership where user_id like ?",
                "select count(*) from audit_log where object_kind = 'user' and action = 'created' and object_id like ?")) {
            assertThat(StoreAccess.queryOne(sql, prefix + "%")).isEqualTo("2500");
        }
    }

    @Test
    void what_a_user_is_given_is_stored_as_if_made_alone() {
        var id = Given.unique("u");
        var email = Given.unique("Kim") + "@example.org";
        create(
                        List.of(body(
                                "user_id",
                                id,
                                "user_email",
                                email,
                                "user_role",
                                "internal_user_viewer",
                                "models",
                                List.of("gpt-4o"),
                                "max_budget",
                                1.5,
                                "budget_duration",
                                "1d",
                                "rpm_limit",
                                0,
                                "metadata",
                                Map.of("a", List.of(1)),
                                "object_permission",
                                Map.of("agents", List.of()),
                                "allowed_model_region",
                                "eu")),
                        false)
                .then()
                .statusCode(200)
                .body("results[0].success", equalTo(true))
                .body("results[0].error", nullValue());

        Api.asMaster()
                .get("/user/info", Map.of("user_id", id))
                .then()
                .body("user_info.user_email", equalTo(email))
                .body("user_info.user_role", equalTo("internal_user_viewer"))
                .body("user_info.models", equalTo(List.of("gpt-4o")))
                .body("user_info.max_budget", equalTo(1.5f))
                .body("user_info.rpm_limit", equalTo(0))
                .body("user_info.metadata.a", equalTo(List.of(1)))
                .body("user_info.object_permission.agents", equalTo(List.of()))
                .body("user_info.object_permission.vector_stores", nullValue())
                .body("user_info.allowed_model_region", equalTo("eu"));
    }

    @Test
    void a_refused_item_does_not_stop_the_others() {
        var taken = Given.unique("taken") + "@example.org";
        Given.user("user_email", taken);
        var free = Given.unique("free");
        var answer = create(mixed(taken, free), false);

        answer.then().statusCode(200).body("successful_creates", equalTo(1)).body("failed_creates", equalTo(8));
        var errors = answer.jsonPath().getList("results.error", String.class);
        assertThat(errors.get(0)).isNull();
        assertThat(errors.get(1)).startsWith("409: ").contains("already exists");
        assertThat(errors.get(2)).startsWith("409: ").contains(free);
        assertThat(errors.get(3)).startsWith("422: ").contains("user_role");
        assertThat(errors.get(4)).startsWith("422: ").contains("tpm_limit");
        assertThat(errors.get(5)).startsWith("404: ");
        assertThat(errors.get(6)).startsWith("400: ").contains("/key/generate");
        assertThat(errors.get(7)).startsWith("422: ");
        assertThat(errors.get(8)).startsWith("400: ");
        assertThat(exists(free)).isTrue();
    }

    @Test
    void atomic_makes_all_or_none_and_says_why() {
        var taken = Given.unique("taken") + "@example.org";
        Given.user("user_email", taken);
        var free = Given.unique("free");

        create(mixed(taken, free), true)
                .then()
                .statusCode(409)
                .body("error.message", containsString("already exists"))
                .body("error.code", equalTo("409"))
                .body("successful_creates", equalTo(0))
                .body("results.success", everyItem(equalTo(false)))
                .body("results[0].error", containsString("Not applied"));
        assertThat(exists(free)).isFalse();

        create(List.of(body("user_id", free), body("user_id", free + "-2")), true)
                .then()
                .statusCode(200)
                .body("successful_creates", equalTo(2));
        assertThat(exists(free)).isTrue();
    }

    private static List<Object> mixed(String taken, String free) {
        return List.of(
                body("user_id", free),
                body("user_email", taken),
                body("user_id", free),
                body("user_role", "org_admin"),
                body("tpm_limit", "many"),
                body("teams", List.of(Given.unique("none"))),
                body("auto_create_key", true),
                "no object",
                body("user_alias", "a\u0000b"));
    }

    @Test
    void a_table_is_read_like_the_list() {
        var organization = Given.organization();
        var id = Given.unique("csv");
        var table = "user_id,user_email,user_alias,models,organizations,max_budget,rpm_limit,blocked\r\n"
                + id + "1," + id + "@example.org,\"Kim \"\"K\"\", the first\",gpt-4o;o3," + organization
                + ",2.5,7,true\r\n"
                + id + "2,,,,,,,\n"
                + "\n"
                + id + "3,,,,,,,,too,many\n";

        csv(table).then().statusCode(200).body("successful_creates", equalTo(2)).body("failed_creates", equalTo(1));

        Api.asMaster()
                .get("/user/info", Map.of("user_id", id + "1"))
                .then()
                .body("user_info.user_alias", equalTo("Kim \"K\", the first"))
                .body("user_info.models", equalTo(List.of("gpt-4o", "o3")))
                .body("user_info.max_budget", equalTo(2.5f))
                .body("user_info.rpm_limit", equalTo(7))
                .body("user_info.blocked", equalTo(true))
                .body("user_info.organization_memberships[0].organization_id", equalTo(organization));
        csv("user_id,password\nx,y\n").then().statusCode(400).body("error.message", containsString("password"));
        csv("user_id\n\"x\n").then().statusCode(400);
        csv("").then().statusCode(400);
    }

    private static Response csv(String table) {
        return given().header("Authorization", "Bearer " + Api.MASTER_KEY)
                .contentType("text/csv")
                .accept("application/json")
                .body(table)
                .post("/user/bulk_create");
    }

    @Test
    void progress_comes_as_lines_and_ends_with_the_sums() {
        var id = Given.unique("line");
        var users = new ArrayList<Object>();
        IntStream.range(0, 1_200).forEach(i -> users.add(body("user_id", id + i)));
        users.add(body("user_id", id + 0));

        var answer = given().header("Authorization", "Bearer " + Api.MASTER_KEY)
                .contentType("application/json")
                .accept("application/x-ndjson")
                .body(users)
                .post("/user/bulk_create");

        assertThat(answer.statusCode()).isEqualTo(200);
        assertThat(answer.contentType()).startsWith("application/x-ndjson");
        var lines = answer.asString().strip().split("\n");
        assertThat(lines).hasSize(1_202);
        assertThat(JsonPath.from(lines[0]).getString("user_id")).isEqualTo(id + 0);
        assertThat(JsonPath.from(lines[1_200]).getString("error")).startsWith("409");
        assertThat(JsonPath.from(lines[1_201]).getInt("successful_creates")).isEqualTo(1_200);
        assertThat(JsonPath.from(lines[1_201]).getInt("failed_creates")).isEqualTo(1);
    }

    @Test
    void whoever_takes_any_answer_gets_one_document() {
        var answer = given().header("Authorization", "Bearer " + Api.MASTER_KEY)
                .contentType("application/json")
                .accept("*/*")
                .body(List.of(body("user_id", Given.unique("any"))))
                .post("/user/bulk_create");

        assertThat(answer.contentType()).startsWith("application/json");
    }

    @Test
    void the_same_list_twice_at_once_makes_each_user_once() {
        var id = Given.unique("twice");
        var users = IntStream.range(0, 700)
                .mapToObj(i -> body("user_id", id + i, "user_email", id + i + "@x.org"))
                .toList();

        var running = IntStream.range(0, 4)
                .mapToObj(i -> CompletableFuture.supplyAsync(() -> create(users, false)))
                .toList();
        var answers = running.stream().map(CompletableFuture::join).toList();

        assertThat(answers).allMatch(answer -> answer.statusCode() == 200);
        assertThat(answers.stream()
                        .mapToInt(answer -> answer.jsonPath().getInt("successful_creates"))
                        .sum())
                .isEqualTo(700);
        assertThat(StoreAccess.queryOne("select count(*) from app_user where user_id like ?", id + "%"))
                .isEqualTo("700");
    }

    @Test
    void an_organization_admin_makes_users_in_the_own_organization_only() {
        var mine = Given.organization();
        var admin = Api.as(Tenants.adminOf(mine).key());

        var answer = admin.create(
                "/user/bulk_create",
                List.of(
                        body("organization_id", mine),
                        body("organization_id", Given.organization()),
                        body("user_alias", "nowhere"),
                        body("organization_id", mine, "user_role", "proxy_admin")));

        assertThat(answer.getList("results.success", Boolean.class)).containsExactly(true, false, false, false);
        assertThat(answer.getString("results[1].error")).startsWith("404");
        assertThat(answer.getString("results[2].error")).startsWith("403");
        assertThat(answer.getString("results[3].error")).startsWith("403");
    }

    @Test
    void bad_input_and_other_callers_are_refused() {
        create(List.of(), false).then().statusCode(400);
        Api.asMaster().post("/user/bulk_create", body("user_id", "x")).then().statusCode(422);
        Api.asMaster().post("/user/bulk_create", body("users", "x")).then().statusCode(422);
        Api.asNobody().post("/user/bulk_create", List.of(body())).then().statusCode(401);
        Api.as(Tenants.user("user_role", "internal_user").key())
                .post("/user/bulk_create", List.of(body()))
                .then()
                .statusCode(403);
        Api.as(Given.keyOfUserWithRole("proxy_admin_viewer"))
                .post("/user/bulk_create", List.of(body()))
                .then()
                .statusCode(403);
    }

    private static Response create(List<?> users, boolean atomic) {
        return Api.asMaster().post("/user/bulk_create?atomic=" + atomic, users);
    }

    private static boolean exists(String user) {
        return StoreAccess.queryOne("select 1 from app_user where user_id = ?", user) != null;
    }
}
