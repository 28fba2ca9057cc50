package io.tenantry.tenancy;

import static io.restassured.RestAssured.given;
import static io.tenantry.testing.Given.body;
import static org.assertj.core.api.Assertions.assertThat;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.everyItem;
import static org.hamcrest.Matchers.startsWith;

import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.path.json.JsonPath;
import io.tenantry.testing.Api;
import io.tenantry.testing.Given;
import io.tenantry.testing.StoreAccess;
import io.tenantry.testing.StoresResource;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

@QuarkusTest
@QuarkusTestResource(StoresResource.class)
class BulkUpdateUsersTest {

    @Test
    void each_user_is_changed_in_its_own_way_with_one_result() {
        var one = Given.user("user_alias", "one");
        var email = Given.unique("two") + "@example.org";
        var two = Given.user("user_email", email);
        var missing = Given.unique("none");

        Api.asMaster()
                .post(
                        "/user/bulk_update",
                        body(
                                "users",
                                List.of(
                                        body(
                                                "user_id",
                                                one,
                                                "rpm_limit",
                                                5,
                                                "object_permission",
                                                Map.of("agents", List.of("x"))),
                                        body("user_email", email, "max_budget", 2),
                                        body("user_id", missing, "rpm_limit", 5),
                                        body("user_id", one, "max_budget", -1),
                                        body("user_id", one, "user_alias", null))))
                .then()
                .statusCode(200)
                .body("total_requested", equalTo(5))
                .body("successful_updates", equalTo(3))
                .body("failed_updates", equalTo(2))
                .body("results.success", equalTo(List.of(true, true, false, false, true)))
                .body("results[0].updated_user.user_id", equalTo(one))
                .body("results[0].updated_user.data.rpm_limit", equalTo(5))
                .body("results[1].updated_user.user_id", equalTo(two))
                .body("results[2].user_id", equalTo(missing));

        Api.asMaster()
                .get("/user/info", Map.of("user_id", one))
                .then()
                .body("user_info.rpm_limit", equalTo(5))
                .body("user_info.user_alias", equalTo(null))
                .body("user_info.max_budget", equalTo(null))
                .body("user_info.object_permission.agents", equalTo(List.of("x")));
        assertThat(StoreAccess.queryOne(
                        "select count(*) from audit_log where object_id = ? and action = 'updated'", one))
                .isEqualTo("2");
    }

    @Test
    void thousands_are_changed_with_a_number_of_statements_that_does_not_follow_them() {
        var id = Given.unique("many");
        var users =
                IntStream.range(0, 2_000).mapToObj(i -> body("user_id", id + i)).toList();
        Api.asMaster().create("/user/bulk_create", users);

        var answer = Api.asMaster()
                .create(
                        "/user/bulk_update",
                        body(
                                "users",
                                IntStream.range(0, 2_000)
                                        .mapToObj(i -> body("user_id", id + i, "tpm_limit", i))
                                        .toList()));

        assertThat(answer.getInt("successful_updates")).isEqualTo(2_000);
        assertThat(StoreAccess.queryOne(
                        "select count(*) from app_user where user_id like ? and user_id = ? || tpm_limit",
                        id + "%",
                        id))
                .isEqualTo("2000");
    }

    @Test
    void atomic_changes_all_or_none() {
        var users = List.of(Given.user(), Given.user());

        Api.asMaster()
                .post(
                        "/user/bulk_update?atomic=true",
                        body(
                                "users",
                                List.of(
                                        body("user_id", users.get(0), "rpm_limit", 5),
                                        body("user_id", users.get(1), "rpm_limit", -5))))
                .then()
                .statusCode(400)
                .body("error.param", equalTo("rpm_limit"))
                .body("results.success", everyItem(equalTo(false)));

        assertThat(StoreAccess.queryOne("select rpm_limit from app_user where user_id = ?", users.get(0)))
                .isNull();
    }

    @Test
    void names_that_two_items_want_are_given_to_the_first() {
        var users = List.of(Given.user(), Given.user());
        var email = Given.unique("both") + "@example.org";

        Api.asMaster()
                .post(
                        "/user/bulk_update",
                        body(
                                "users",
                                users.stream()
                                        .map(user -> body("user_id", user, "user_email", email))
                                        .toList()))
                .then()
                .statusCode(200)
                .body("results.success", equalTo(List.of(true, false)));
    }

    @Test
    void one_change_can_be_meant_for_all() {
        var user = Given.user();
        var other = Given.user();

        var answer = given().header("Authorization", "Bearer " + Api.MASTER_KEY)
                .contentType("application/json")
                .accept("application/x-ndjson")
                .body(body("all_users", true, "user_updates", body("metadata", Map.of("wave", 7))))
                .post("/user/bulk_update");

        var lines = answer.asString().strip().split("\n");
        var sums = JsonPath.from(lines[lines.length - 1]);
        assertThat(sums.getInt("failed_updates")).isZero();
        assertThat(sums.getInt("total_requested")).isEqualTo(lines.length - 1).isGreaterThanOrEqualTo(2);
        assertThat(StoreAccess.queryOne(
                        "select count(*) from app_user where user_id in (?, ?) and metadata = '{\"wave\": 7}'",
                        user,
                        other))
                .isEqualTo("2");
    }

    @Test
    void bad_input_is_refused_as_a_whole() {
        for (var wrong : List.of(
                body(),
                body("users", List.of()),
                body("users", List.of(body("user_id", "x")), "all_users", true, "user_updates", body("rpm_limit", 1)),
                body("all_users", true),
                body("all_users", true, "user_updates", body("user_email", "x@example.org")))) {
            Api.asMaster().post("/user/bulk_update", wrong).then().statusCode(400);
        }
        Api.asMaster().post("/user/bulk_update", body("users", "x")).then().statusCode(422);
        Api.asNobody()
                .post("/user/bulk_update", body("users", List.of()))
                .then()
                .statusCode(401);
    }

    @Test
    void users_change_their_own_alias_and_nobody_elses() {
        var user = Tenants.user("user_role", "internal_user");
        var api = Api.as(user.key());
        var other = Given.user();

        api.post(
                        "/user/bulk_update",
                        body(
                                "users",
                                List.of(
                                        body("user_id", user.userId(), "user_alias", "me"),
                                        body("user_id", user.userId(), "rpm_limit", 1_000),
                                        body("user_id", other, "user_alias", "x"),
                                        body("user_id", Given.unique("none"), "user_alias", "x"))))
                .then()
                .statusCode(200)
                .body("results.success", equalTo(List.of(true, false, false, false)))
                .body("results[2].error", startsWith("403"))
                .body("results[3].error", startsWith("403"));
        api.post(
                        "/user/bulk_update",
                        body("users", List.of(body("user_id", user.userId(), "user_role", "proxy_admin"))))
                .then()
                .statusCode(403);
        api.post("/user/bulk_update", body("all_users", true, "user_updates", body("user_alias", "x")))
                .then()
                .statusCode(403);
    }

    @Test
    void changes_of_the_same_users_in_other_orders_do_not_stop_each_other() {
        var users = IntStream.range(0, 30).mapToObj(i -> Given.user()).toList();
        var running = IntStream.range(0, 8)
                .mapToObj(i -> CompletableFuture.supplyAsync(() -> Api.asMaster()
                        .create(
                                "/user/bulk_update?atomic=true",
                                body(
                                        "users",
                                        IntStream.range(0, 30)
                                                .mapToObj(at -> body(
                                                        "user_id",
                                                        users.get(i % 2 == 0 ? at : 29 - at),
                                                        i % 2 == 0 ? "rpm_limit" : "tpm_limit",
                                                        100 + i))
                                                .toList()))
                        .getInt("successful_updates")))
                .toList();

        assertThat(running.stream().map(CompletableFuture::join)).containsOnly(30);
        for (var user : users) {
            assertThat(StoreAccess.queryOne(
                            "select rpm_limit >= 100 and tpm_limit >= 100 from app_user where user_id = ?", user))
                    .isEqualTo("t");
        }
    }
}
