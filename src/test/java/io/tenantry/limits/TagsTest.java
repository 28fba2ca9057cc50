package io.tenantry.limits;

import static io.tenantry.testing.Given.body;
import static org.assertj.core.api.Assertions.assertThat;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.nullValue;

import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.RestAssured;
import io.tenantry.core.Ids;
import io.tenantry.testing.Api;
import io.tenantry.testing.Calls;
import io.tenantry.testing.Given;
import io.tenantry.testing.Roles;
import io.tenantry.testing.StoreAccess;
import io.tenantry.testing.StoresResource;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

@QuarkusTest
@QuarkusTestResource(StoresResource.class)
class TagsTest {

    private static String tag(Object... fields) {
        var body = body(fields);
        body.putIfAbsent("name", Given.unique("tag"));
        return Api.asMaster().create("/tag/new", body).getString("tag.name");
    }

    private static Map<String, Object> info(String name) {
        return Api.asMaster().create("/tag/info", body("names", List.of(name))).getMap("'" + name + "'");
    }

    private static void versionIsAnnounced(String tag) {
        var name = Ids.inNames(tag);
        try (var redis = StoreAccess.redis()) {
            assertThat(redis.call("GET", "t1:{tag:" + name + "}:version:tag:" + name))
                    .isEqualTo(StoreAccess.queryOne("select version from tag where name = ?", tag));
        }
    }

    @Test
    void aTagIsAnsweredWithEveryKeyThatClientsKnow() {
        var name = Given.unique("team:search ");

        var made = Api.asMaster()
                .create(
                        "/tag/new",
                        body("name", name, "description", "web search", "max_budget", 4, "models", List.of()));

        assertThat(made.getMap("$").keySet()).containsExactlyInAnyOrder("message", "tag");
        assertThat(made.getMap("tag").keySet())
                .contains("name", "description", "models", "model_info", "created_at", "updated_at", "created_by");
        assertThat(made.getString("tag.name")).isEqualTo(name);
        assertThat(info(name)).containsEntry("description", "web search").containsKey("litellm_budget_table");
        assertThat(Api.asMaster().get("/tag/list").jsonPath().getList("name")).contains(name);
        versionIsAnnounced(name);
    }

    @Test
    void badInputIsRefusedByName() {
        var taken = tag();

        refused(422, "name", body("description", "x"));
        refused(409, "name", body("name", taken));
        refused(400, "models", body("name", "t", "models", List.of("gpt-4o")));
        refused(400, "spend", body("name", "t", "spend", 1));
        refused(400, "rpm_limit", body("name", "t", "rpm_limit", -1));
        refused(404, "budget_id", body("name", "t", "budget_id", Given.unique("none")));
        refused(422, "budget_id", body("name", "t", "budget_id", BudgetsTest.budget(), "rpm_limit", 1));
        refused(400, "tpd_limit", body("name", "t", "tpd_limit", -1));
        Api.asMaster()
                .get("/tag/list", Map.of("start_date", "2026-01-01"))
                .then()
                .statusCode(400)
                .body("error.param", equalTo("start_date"));
    }

    private static void refused(int status, String field, Map<String, Object> body) {
        Api.asMaster().post("/tag/new", body).then().statusCode(status).body("error.param", equalTo(field));
    }

    @Test
    void whatIsNotThereIsNotFound() {
        var none = Given.unique("none");

        Api.asMaster().post("/tag/update", body("name", none)).then().statusCode(404);
        Api.asMaster().post("/tag/delete", body("name", none)).then().statusCode(404);
        Api.asMaster()
                .post("/tag/info", body("names", List.of(tag(), none)))
                .then()
                .statusCode(404)
                .body("error.param", equalTo("names"));
        Api.asMaster().post("/tag/info", body("names", List.of())).then().statusCode(422);
    }

    @Test
    void limitsAreOwnOrSharedAndGoWithTheTag() {
        var shared = BudgetsTest.budget("max_budget", 9);
        var tag = tag("max_budget", 1);

        Api.asMaster()
                .post("/tag/update", body("name", tag, "budget_id", shared))
                .then()
                .statusCode(200)
                .body("tag.litellm_budget_table.max_budget", equalTo(9));
        Api.asMaster()
                .post("/tag/update", body("name", tag, "max_budget", 3))
                .then()
                .statusCode(400)
                .body("error.param", equalTo("budget_id"));
        Api.asMaster()
                .post("/tag/update", body("name", tag, "budget_id", null, "max_budget", 3))
                .then()
                .statusCode(200)
                .body("tag.litellm_budget_table.max_budget", equalTo(3));
        versionIsAnnounced(tag);

        Api.asMaster().create("/tag/delete", body("name", tag));

        assertThat(StoreAccess.queryOne("select count(*) from budget where owner_kind = 'tag' and owner_id = ?", tag))
                .isEqualTo("0");
        assertThat(StoreAccess.queryOne(
                        "select string_agg(action, ' ' order by at) from audit_log where object_kind = 'tag' and object_id = ?",
                        tag))
                .isEqualTo("created updated updated deleted");
    }

    @Test
    void what_cannot_be_set_is_refused_and_nothing_is_changed() {
        var tag = tag("max_budget", 1, "budget_duration", "1d");
        var entries = "select count(*) from audit_log where object_kind = 'tag' and object_id = ?";

        for (var refused : List.of(
                Map.entry("spend", (Object) 0), Map.entry("budget_reset_at", (Object) "2030-01-01T00:00:00Z"))) {
            Api.asMaster()
                    .post("/tag/update", body("name", tag, "description", "new", refused.getKey(), refused.getValue()))
                    .then()
                    .statusCode(400)
                    .body("error.param", equalTo(refused.getKey()));
        }

        assertThat(StoreAccess.queryOne(entries, tag)).isEqualTo("1");
    }

    @Test
    void aChangeOfASharedBudgetIsAnnouncedForItsTags() {
        var shared = BudgetsTest.budget("max_budget", 9);
        var tag = tag("budget_id", shared);
        var before = StoreAccess.queryOne("select version from tag where name = ?", tag);

        Api.asMaster().create("/budget/update", body("budget_id", shared, "max_budget", 8));

        versionIsAnnounced(tag);
        assertThat(StoreAccess.queryOne("select version from tag where name = ?", tag))
                .isNotEqualTo(before);
    }

    @Test
    void twoUpdatesOfDifferentFieldsBothSurvive() {
        var tag = tag();

        var answers = Calls.to(RestAssured.port)
                .postAll(
                        "/tag/update",
                        Stream.of("\"description\": \"d\"", "\"rpm_limit\": 7", "\"tpm_limit\": 8")
                                .map(field -> "{\"name\": \"%s\", %s}".formatted(tag, field)));

        assertThat(answers).allMatch(answer -> answer.status() == 200);
        Api.asMaster()
                .post("/tag/update", body("name", tag))
                .then()
                .body("tag.description", equalTo("d"))
                .body("tag.litellm_budget_table.rpm_limit", equalTo(7))
                .body("tag.litellm_budget_table.tpm_limit", equalTo(8))
                .body("tag.litellm_budget_table.max_budget", nullValue());
    }

    @Test
    void onlyProxyAdminsChangeTagsAndViewersLook() {
        var tag = tag();

        Roles.onlyProxyAdmins(api -> api.post("/tag/new", body("name", "t")), false);
        Roles.onlyProxyAdmins(api -> api.post("/tag/update", body("name", tag)), false);
        Roles.onlyProxyAdmins(api -> api.post("/tag/delete", body("name", tag)), false);
        Roles.onlyProxyAdmins(api -> api.post("/tag/info", body("names", List.of(tag))), true);
        Roles.onlyProxyAdmins(api -> api.get("/tag/list"), true);
    }
}
