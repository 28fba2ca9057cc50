package io.tenantry.tenancy;

import static io.tenantry.testing.Given.body;
import static org.assertj.core.api.Assertions.assertThat;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.hasKey;
import static org.hamcrest.Matchers.not;

import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.response.ValidatableResponse;
import io.tenantry.core.SecretHash;
import io.tenantry.testing.Api;
import io.tenantry.testing.Given;
import io.tenantry.testing.StoreAccess;
import io.tenantry.testing.StoresResource;
import java.time.LocalDate;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

@QuarkusTest
@QuarkusTestResource(StoresResource.class)
class DailyActivityTest {

    private static ValidatableResponse activity(Api caller, String of, Object... query) {
        var parameters = body(query);
        parameters.putIfAbsent("start_date", "2026-03-01");
        parameters.putIfAbsent("end_date", "2026-03-31");
        return caller.get("/" + of + "/daily/activity", parameters).then();
    }

    private static String keyId(String secret) {
        return StoreAccess.queryOne("select key_id::text from api_key where secret_hash = ?", SecretHash.of(secret));
    }

    /** Ten tokens in, five out and half a dollar for each request. */
    private static void used(
            String day, String organization, String team, String user, String key, String model, int requests) {
        StoreAccess.execute(
                "insert into daily_usage (day, organization_id, team_id, user_id, key_id, model, provider, tag, requests, failed_requests,"
                        + " input_tokens, output_tokens, spend_nano) values (?, ?, ?, ?, ?, ?, 'openai', '', ?, 1, ?, ?, ?)",
                LocalDate.parse(day),
                organization,
                team,
                user,
                keyId(key),
                model,
                requests,
                10L * requests,
                5L * requests,
                500_000_000L * requests);
    }

    @Test
    void daysAreBrokenDownNewestFirst() {
        var organization = Given.organization("organization_alias", "Acme");
        var team = Given.team("organization_id", organization, "team_alias", "ml");
        var key = Given.key("team_id", team, "key_alias", "prod");
        used("2026-03-01", organization, team, "", key, "gpt-4o", 2);
        used("2026-03-02", organization, team, "", key, "gpt-4o", 3);
        used("2026-03-02", organization, team, "", key, "o1", 4);
        used("2026-04-01", organization, team, "", key, "o1", 9);
        var token = SecretHash.of(key);

        var answer = activity(Api.asMaster(), "team", "team_ids", team)
                .statusCode(200)
                .body("results.date", equalTo(List.of("2026-03-02", "2026-03-01")))
                .body("results[0].metrics.spend", equalTo(3.5f))
                .body("results[0].metrics.prompt_tokens", equalTo(70))
                .body("results[0].metrics.completion_tokens", equalTo(35))
                .body("results[0].metrics.total_tokens", equalTo(105))
                .body("results[0].metrics.api_requests", equalTo(7))
                .body("results[0].metrics.failed_requests", equalTo(2))
                .body("results[0].metrics.successful_requests", equalTo(5))
                .body("results[0].breakdown.models.o1.metrics.api_requests", equalTo(4))
                .body("results[0].breakdown.providers.openai.metrics.api_requests", equalTo(7))
                .body("metadata.total_spend", equalTo(4.5f))
                .body("metadata.total_api_requests", equalTo(9))
                .body("metadata.page", equalTo(1))
                .body("metadata.total_pages", equalTo(1))
                .body("metadata.has_more", equalTo(false))
                .extract()
                .jsonPath();
        assertThat(answer.getString("results[0].breakdown.entities.'" + team + "'.metadata.team_alias"))
                .isEqualTo("ml");
        assertThat(answer.getString("results[0].breakdown.api_keys.'" + token + "'.metadata.key_alias"))
                .isEqualTo("prod");
        assertThat(answer.getInt("results[0].breakdown.entities.'" + team + "'.api_key_breakdown.'" + token
                        + "'.metrics.api_requests"))
                .isEqualTo(7);
        var ofOrganization = activity(Api.asMaster(), "organization", "organization_ids", organization)
                .statusCode(200)
                .extract()
                .jsonPath();
        assertThat(ofOrganization.getString(
                        "results[0].breakdown.entities.'" + organization + "'.metadata.organization_alias"))
                .isEqualTo("Acme");
        Api.asMaster().create("/team/delete", body("team_ids", List.of(team)));
        assertThat(activity(Api.asMaster(), "team", "team_ids", team)
                        .extract()
                        .jsonPath()
                        .getString("results[0].breakdown.api_keys.'" + token + "'.metadata.key_alias"))
                .isEqualTo("prod");
    }

    @Test
    void allDaysMayBeAskedForAtOnce() {
        var organization = Given.organization();
        var team = Given.team("organization_id", organization);
        var key = Given.key("team_id", team);
        for (var model : List.of("a", "b", "c")) {
            used("2026-03-01", organization, team, "", key, model, 1);
        }
        var foreign = Api.as(Tenants.adminOf(Given.organization()).key());
        var days = body("start_date", "2026-03-01", "end_date", "2026-03-31", "page_size", "1");

        for (var of : List.of("team", "organization")) {
            var asked = new HashMap<>(days);
            asked.put(of + "_ids", of.equals("team") ? team : organization);
            Api.asMaster()
                    .get("/" + of + "/daily/activity/aggregated", asked)
                    .then()
                    .statusCode(200)
                    .body("results[0].metrics.api_requests", equalTo(3))
                    .body("metadata.total_api_requests", equalTo(3))
                    .body("metadata.has_more", equalTo(false));
            foreign.get("/" + of + "/daily/activity/aggregated", asked)
                    .then()
                    .statusCode(of.equals("team") ? 404 : 403);
            foreign.get("/" + of + "/daily/activity/aggregated", days)
                    .then()
                    .statusCode(200)
                    .body("metadata.total_api_requests", equalTo(0));
        }
    }

    @Test
    void rowsArePagedAndFiltered() {
        var team = Given.team();
        var key = Given.key("team_id", team);
        var other = Given.key("team_id", team);
        used("2026-03-01", "", team, "", key, "gpt-4o", 1);
        used("2026-03-02", "", team, "", key, "gpt-4o", 2);
        used("2026-03-03", "", team, "", other, "o1", 3);

        activity(Api.asMaster(), "team", "team_ids", team, "page_size", 2)
                .body("metadata.total_api_requests", equalTo(5))
                .body("metadata.total_pages", equalTo(2))
                .body("metadata.has_more", equalTo(true));
        activity(Api.asMaster(), "team", "team_ids", team, "page_size", 2, "page", 2)
                .body("metadata.total_api_requests", equalTo(1))
                .body("metadata.has_more", equalTo(false));
        activity(Api.asMaster(), "team", "team_ids", team, "model", "o1")
                .body("metadata.total_api_requests", equalTo(3));
        activity(Api.asMaster(), "team", "team_ids", team, "api_key", SecretHash.of(key))
                .body("metadata.total_api_requests", equalTo(3));
        activity(Api.asMaster(), "team", "team_ids", team, "exclude_team_ids", team)
                .body("results", equalTo(List.of()));
    }

    @Test
    void plainMembersSeeTheirOwnUseAndAdminsAll() {
        var organization = Given.organization();
        var team = Given.team("organization_id", organization);
        var member = Tenants.inTeam(team, "user");
        var key = Given.key("team_id", team);
        used("2026-03-01", organization, team, member.userId(), key, "gpt-4o", 2);
        used("2026-03-01", organization, team, "", key, "gpt-4o", 5);

        activity(Api.as(member.key()), "team").body("metadata.total_api_requests", equalTo(2));
        activity(Api.as(Tenants.inTeam(team, "admin").key()), "team", "team_ids", team)
                .body("metadata.total_api_requests", equalTo(7));
        activity(Api.as(Tenants.adminOf(organization).key()), "team").body("metadata.total_api_requests", equalTo(7));
        activity(Api.as(Tenants.adminOf(organization).key()), "organization")
                .body("metadata.total_api_requests", equalTo(7));
        Api.asMaster()
                .create(
                        "/team/permissions_update",
                        body("team_id", team, "team_member_permissions", List.of("/team/daily/activity")));
        activity(Api.as(member.key()), "team").body("metadata.total_api_requests", equalTo(7));
    }

    @Test
    void nothingOfOtherTenantsIsShown() {
        var organization = Given.organization();
        var team = Given.team("organization_id", organization);
        used("2026-03-01", organization, team, "", Given.key("team_id", team), "gpt-4o", 2);
        var stranger = Api.as(Tenants.adminOf(Given.organization()).key());

        activity(stranger, "team", "team_ids", team).statusCode(404);
        activity(stranger, "team", "team_ids", Given.unique("t")).statusCode(404);
        activity(stranger, "team").body("results", equalTo(List.of()));
        activity(stranger, "organization", "organization_ids", organization).statusCode(403);
        activity(stranger, "organization", "organization_ids", Given.unique("o"))
                .statusCode(403);
        activity(stranger, "organization").body("results", equalTo(List.of()));
        activity(Api.as(Tenants.user().key()), "organization").statusCode(200).body("results", equalTo(List.of()));
        activity(Api.asNobody(), "team").statusCode(401);
        activity(Api.asNobody(), "organization").statusCode(401);
    }

    @Test
    void badDaysAndPagesAreRefusedByName() {
        activity(Api.asMaster(), "team", "start_date", "yesterday")
                .statusCode(400)
                .body("error.param", equalTo("start_date"));
        Api.asMaster()
                .get("/team/daily/activity", Map.of("start_date", "2026-03-01"))
                .then()
                .statusCode(400)
                .body("error.param", equalTo("end_date"));
        activity(Api.asMaster(), "organization", "end_date", "2026-02-01").statusCode(400);
        activity(Api.asMaster(), "organization", "end_date", "2027-12-01").statusCode(400);
        activity(Api.asMaster(), "team", "page", "0").statusCode(422).body("error.param", equalTo("page"));
        activity(Api.asMaster(), "team").body("metadata", not(hasKey("error")));
    }
}
