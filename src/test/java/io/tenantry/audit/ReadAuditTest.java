package io.tenantry.audit;

import static io.tenantry.testing.Given.body;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.path.json.JsonPath;
import io.tenantry.core.SecretHash;
import io.tenantry.testing.Api;
import io.tenantry.testing.AuditProbe;
import io.tenantry.testing.Given;
import io.tenantry.testing.StoreAccess;
import io.tenantry.testing.StoresResource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.Test;

@QuarkusTest
@QuarkusTestResource(StoresResource.class)
class ReadAuditTest {

    @Test
    void an_entry_tells_who_did_what_and_what_it_was_before() {
        var admin = Given.user("user_role", "proxy_admin");
        var adminKey = Given.key("user_id", admin);
        var secret = Given.key();
        Api.as(adminKey).create("/key/block", body("key", secret));

        var page = audit("object_key_hash", SecretHash.of(secret), "action", "blocked");

        assertThat(page.getInt("total")).isEqualTo(1);
        var entry = page.<Map<String, Object>>getList("audit_logs").get(0);
        assertThat(entry)
                .containsEntry("changed_by", admin)
                .containsEntry("action", "blocked")
                .containsEntry("table_name", "LiteLLM_VerificationToken");
        assertThat(entry.get("changed_by_api_key")).isEqualTo(keyId(adminKey));
        assertThat(page.getBoolean("audit_logs[0].before_value.blocked")).isFalse();
        assertThat(page.getBoolean("audit_logs[0].updated_values.blocked")).isTrue();
        assertThat(Api.asMaster().get("/audit/" + entry.get("id")).jsonPath().getMap("$"))
                .isEqualTo(entry);
        AuditProbe.assertRecorded("key", keyId(secret), "blocked", secret, SecretHash.of(secret));
    }

    @Test
    void every_filter_finds_what_it_says_and_nothing_else() {
        var organization = Given.organization();
        var team = Given.team("organization_id", organization);
        var secret = Given.key("team_id", team);
        var key = keyId(secret);
        Api.asMaster().create("/key/delete", body("keys", List.of(secret)));

        assertThat(ids(audit("object_id", team))).hasSize(1);
        assertThat(ids(audit("object_id", team, "action", "deleted"))).isEmpty();
        assertThat(ids(audit("object_id", team, "table_name", "LiteLLM_TeamTable")))
                .hasSize(1);
        assertThat(ids(audit("object_id", team, "table_name", "LiteLLM_UserTable")))
                .isEmpty();
        assertThat(ids(audit("object_key_hash", SecretHash.of(secret)))).hasSize(2);
        assertThat(ids(audit("object_key_hash", key))).hasSize(2);
        assertThat(ids(audit("object_team_id", team, "table_name", "LiteLLM_VerificationToken")))
                .hasSize(2);
        assertThat(ids(audit("object_id", team, "changed_by", "default_user_id")))
                .hasSize(1);
        assertThat(ids(audit("object_id", team, "changed_by", "somebody"))).isEmpty();
        assertThat(ids(audit("object_id", team, "start_date", "2020-01-01", "end_date", "2100-01-01T00:00:00Z")))
                .hasSize(1);
        assertThat(ids(audit("object_id", team, "start_date", "2100-01-01"))).isEmpty();
        assertThat(ids(audit("object_id", team, "end_date", "2020-01-01 10:00:00")))
                .isEmpty();
        var deleted = audit("object_key_hash", key, "action", "deleted");
        assertThat(deleted.getMap("audit_logs[0].updated_values")).isEmpty();
    }

    @Test
    void pages_and_cursors_show_every_entry_once() {
        var actor = Given.unique("actor");
        for (int i = 0; i < 7; i++) {
            entry(actor, null);
        }

        var byPage = new ArrayList<String>();
        for (int page = 1; page <= 3; page++) {
            var answer = audit("changed_by", actor, "page", page, "page_size", 3);
            assertThat(answer.getInt("total")).isEqualTo(7);
            assertThat(answer.getInt("total_pages")).isEqualTo(3);
            byPage.addAll(ids(answer));
        }
        var byCursor = new ArrayList<String>();
        String cursor = null;
        do {
            var answer = cursor == null
                    ? audit("changed_by", actor, "page_size", 3)
                    : audit("changed_by", actor, "page_size", 3, "cursor", cursor);
            byCursor.addAll(ids(answer));
            cursor = answer.getString("next_cursor");
        } while (cursor != null);

        assertThat(byPage).hasSize(7).doesNotHaveDuplicates();
        assertThat(byCursor).isEqualTo(byPage);
        assertThat(ids(audit("changed_by", actor, "page_size", 100, "sort_order", "asc")))
                .containsExactlyElementsOf(reversed(byPage));
    }

    @Test
    void an_organizations_admin_sees_its_own_organization_only() {
        var mine = Given.organization();
        var user = Given.user();
        Api.asMaster()
                .create(
                        "/organization/member_add",
                        body("organization_id", mine, "member", Map.of("role", "org_admin", "user_id", user)));
        var admin = Api.as(Given.key("user_id", user));
        var myTeam = Given.team("organization_id", mine);
        var foreignTeam = Given.team("organization_id", Given.organization());

        assertThat(ids(admin.get("/audit", Map.of("object_id", myTeam)).jsonPath()))
                .hasSize(1);
        assertThat(ids(admin.get("/audit", Map.of("object_id", foreignTeam)).jsonPath()))
                .isEmpty();
        var foreignEntry = ids(audit("object_id", foreignTeam)).get(0);
        var foreign = admin.get("/audit/" + foreignEntry);
        var missing = admin.get("/audit/" + UUID.randomUUID());
        assertThat(foreign.statusCode()).isEqualTo(404);
        assertThat(foreign.asString().replace(foreignEntry, "x"))
                .isEqualTo(missing.asString().replaceAll("[0-9a-f-]{36}", "x"));
    }

    @Test
    void viewers_may_read_the_trail_and_users_may_not() {
        Api.as(Given.keyOfUserWithRole("proxy_admin_viewer"))
                .get("/audit")
                .then()
                .statusCode(200);
        Api.as(Given.keyOfUserWithRole("internal_user")).get("/audit").then().statusCode(403);
        Api.as(Given.key()).get("/audit").then().statusCode(403);
        Api.asNobody().get("/audit").then().statusCode(401);
    }

    @Test
    void what_cannot_be_asked_is_refused() {
        assertThat(status("sort_by", "object_id")).isEqualTo(400);
        assertThat(status("sort_order", "up")).isEqualTo(400);
        assertThat(status("start_date", "yesterday")).isEqualTo(400);
        assertThat(status("cursor", "nonsense")).isEqualTo(400);
        assertThat(status("page", 2_000, "page_size", 100)).isEqualTo(400);
        assertThat(status("page_size", 101)).isEqualTo(422);
        assertThat(status("page", 0)).isEqualTo(422);
        assertThat(status("page", "x")).isEqualTo(422);
        Api.asMaster().get("/audit/not-an-id").then().statusCode(404);
    }

    @Test
    void only_a_proxy_admin_may_act_on_behalf_of_somebody() {
        assertThat(onBehalf(Api.MASTER_KEY)).isEqualTo("the-portal-user");
        var user = Given.user("user_role", "internal_user");
        assertThat(onBehalf(Given.key("user_id", user))).isNull();
    }

    private static String onBehalf(String credential) {
        var answer = io.restassured.RestAssured.given()
                .contentType("application/json")
                .header("Authorization", "Bearer " + credential)
                .header("litellm-changed-by", "the-portal-user")
                .body(Map.of())
                .post("/key/generate");
        assertThat(answer.statusCode()).isEqualTo(200);
        return StoreAccess.queryOne(
                "select on_behalf_of from audit_log where object_id = ?",
                keyId(answer.jsonPath().getString("key")));
    }

    @Test
    void nothing_that_was_written_can_be_changed_or_taken_away() {
        var id = entry(Given.unique("actor"), null);

        assertThatThrownBy(() ->
                        StoreAccess.execute("update audit_log set actor_user_id = 'x' where audit_id = ?::uuid", id))
                .hasMessageContaining("append-only");
        assertThatThrownBy(() -> StoreAccess.execute("delete from audit_log where audit_id = ?::uuid", id))
                .hasMessageContaining("append-only");
        assertThatThrownBy(() -> StoreAccess.execute("truncate audit_log")).hasMessageContaining("append-only");
    }

    private static String entry(String actor, String organization) {
        return StoreAccess.queryOne(
                "insert into audit_log (actor_user_id, action, object_kind, object_id, organization_id) values (?, 'updated', 'team', 't', ?) returning audit_id",
                actor,
                organization);
    }

    private static JsonPath audit(Object... query) {
        var answer = Api.asMaster().get("/audit", query(query));
        assertThat(answer.statusCode()).as(answer.asString()).isEqualTo(200);
        return answer.jsonPath();
    }

    private static int status(Object... query) {
        return Api.asMaster().get("/audit", query(query)).statusCode();
    }

    private static Map<String, Object> query(Object... query) {
        return new HashMap<>(body(query));
    }

    private static List<String> ids(JsonPath page) {
        return page.getList("audit_logs.id", String.class);
    }

    private static List<String> reversed(List<String> list) {
        var copy = new ArrayList<>(list);
        java.util.Collections.reverse(copy);
        return copy;
    }

    private static String keyId(String secret) {
        return StoreAccess.queryOne("select key_id from api_key where secret_hash = ?", SecretHash.of(secret));
    }
}
