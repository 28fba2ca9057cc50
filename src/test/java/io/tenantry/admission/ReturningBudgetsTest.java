package io.tenantry.admission;

import static io.tenantry.testing.Admissions.request;
import static org.assertj.core.api.Assertions.assertThat;

import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.path.json.JsonPath;
import io.tenantry.testing.Api;
import io.tenantry.testing.Given;
import io.tenantry.testing.StoresResource;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** A budget that was taken away, or counted another period, knows when it is back what was used meanwhile: in Redis nobody kept its total. */
@QuarkusTest
@QuarkusTestResource(StoresResource.class)
class ReturningBudgetsTest {

    private static final Map<String, Object> NO_BUDGET = Given.body("max_budget", null);
    private static final Map<String, Object> ONE_DOLLAR = Given.body("max_budget", 1);

    static void use(String key, String cost, Object... fields) {
        var admission = admit(key, cost, fields);
        assertThat(admission.getBoolean("admitted")).as(admission.prettify()).isTrue();
        Api.asMaster()
                .create(
                        "/v1/admissions/" + admission.getString("admission_id") + "/settlement",
                        Map.of("input_tokens", 1, "output_tokens", 1, "cost_usd", cost));
    }

    static JsonPath admit(String key, String cost, Object... fields) {
        var body = request(key, fields);
        body.put("estimated_cost_usd", cost);
        return Api.asMaster().create("/v1/admissions", body);
    }

    /** Uses 0.5 of a dollar, and 0.6 while the budget is away. */
    private static void countsWhatWasUsedMeanwhile(
            String path, Map<String, Object> away, Map<String, Object> back, String key, Object... fields) {
        use(key, "0.5", fields);
        Api.asMaster().create(path, away);
        use(key, "0.6", fields);
        Api.asMaster().create(path, back);

        var refused = admit(key, "0.1", fields);

        assertThat(refused.getBoolean("admitted")).isFalse();
        assertThat(refused.getFloat("refusal.spent")).isEqualTo(1.1f);
    }

    private static Map<String, Object> with(Map<String, Object> change, Object... target) {
        var body = Given.body(target);
        body.putAll(change);
        return body;
    }

    @Test
    void of_a_key() {
        var key = Given.key("max_budget", 1);

        countsWhatWasUsedMeanwhile("/key/update", with(NO_BUDGET, "key", key), with(ONE_DOLLAR, "key", key), key);
    }

    @Test
    void of_a_key_whose_budget_had_another_period() {
        var key = Given.key("max_budget", 1, "budget_duration", "1mo");
        var longer = Given.body("max_budget", 9, "budget_duration", "60d");
        var before = Given.body("max_budget", 1, "budget_duration", "1mo");

        countsWhatWasUsedMeanwhile("/key/update", with(longer, "key", key), with(before, "key", key), key);
    }

    @Test
    void of_a_key_whose_windows_and_models_were_without() {
        var windows = List.of(Map.of("budget_duration", "1mo", "max_budget", 1));
        var several = Given.key("budget_limits", windows);
        var ofModel = Map.of("gpt-4o", Map.of("budget_limit", 1, "time_period", "1mo"));
        var single = Given.key("model_max_budget", ofModel);

        countsWhatWasUsedMeanwhile(
                "/key/update",
                Given.body("key", several, "budget_limits", List.of()),
                Given.body("key", several, "budget_limits", windows),
                several);
        countsWhatWasUsedMeanwhile(
                "/key/update",
                Given.body("key", single, "model_max_budget", Map.of()),
                Given.body("key", single, "model_max_budget", ofModel),
                single);
    }

    @Test
    void of_what_shares_a_budget() {
        var budget = Given.unique("budget");
        Api.asMaster().create("/budget/new", with(ONE_DOLLAR, "budget_id", budget));
        var key = Given.key("budget_id", budget);
        var other = Given.key("budget_id", budget);

        countsWhatWasUsedMeanwhile(
                "/budget/update", with(NO_BUDGET, "budget_id", budget), with(ONE_DOLLAR, "budget_id", budget), key);
        countsWhatWasUsedMeanwhile(
                "/key/update",
                Given.body("key", other, "budget_id", null),
                Given.body("key", other, "budget_id", budget),
                other);
    }

    @Test
    void of_a_team_and_an_organization() {
        var team = Given.team("max_budget", 1);
        var organization = Given.organization("max_budget", 1);

        countsWhatWasUsedMeanwhile(
                "/team/update",
                with(NO_BUDGET, "team_id", team),
                with(ONE_DOLLAR, "team_id", team),
                Given.key("team_id", team));
        var key = Given.key("organization_id", organization);
        use(key, "0.5");
        Api.asMaster().patch("/organization/update", with(NO_BUDGET, "organization_id", organization));
        use(key, "0.6");
        Api.asMaster().patch("/organization/update", with(ONE_DOLLAR, "organization_id", organization));
        assertThat(admit(key, "0.1").getFloat("refusal.spent")).isEqualTo(1.1f);
    }

    @Test
    void of_a_user_and_a_member_and_a_teams_default_for_members() {
        var user = Given.user("max_budget", 1);
        var team = Given.team("team_member_budget", 1);
        var byDefault = member(team);
        var own = member(team, "max_budget_in_team", 1);
        var noDefault = Given.body("team_id", team, "team_member_budget", null);
        var aDefault = Given.body("team_id", team, "team_member_budget", 1);

        countsWhatWasUsedMeanwhile(
                "/user/update",
                with(NO_BUDGET, "user_id", user),
                with(ONE_DOLLAR, "user_id", user),
                Given.key("user_id", user));
        countsWhatWasUsedMeanwhile(
                "/team/update", noDefault, aDefault, Given.key("team_id", team, "user_id", byDefault));
        var much = Given.body("team_id", team, "user_id", own, "max_budget_in_team", 9, "budget_duration", "60d");
        var little = Given.body("team_id", team, "user_id", own, "max_budget_in_team", 1, "budget_duration", null);
        countsWhatWasUsedMeanwhile("/team/member_update", much, little, Given.key("team_id", team, "user_id", own));
    }

    private static String member(String team, Object... fields) {
        var user = Given.user();
        var body = Given.body(fields);
        body.put("team_id", team);
        body.put("member", Map.of("user_id", user, "role", "user"));
        Api.asMaster().create("/team/member_add", body);
        return user;
    }

    @Test
    void of_customers_and_tags() {
        var customer = Given.unique("customer");
        Api.asMaster().create("/customer/new", with(ONE_DOLLAR, "user_id", customer));
        var tag = Given.unique("tag");
        Api.asMaster().create("/tag/new", with(ONE_DOLLAR, "name", tag));

        countsWhatWasUsedMeanwhile(
                "/customer/update",
                with(NO_BUDGET, "user_id", customer),
                with(ONE_DOLLAR, "user_id", customer),
                Given.key(),
                "end_user",
                customer);
        countsWhatWasUsedMeanwhile(
                "/tag/update",
                with(NO_BUDGET, "name", tag),
                with(ONE_DOLLAR, "name", tag),
                Given.key(),
                "tags",
                List.of(tag));
    }

    @Test
    void of_a_customer_who_was_deleted_and_made_again() {
        var customer = Given.unique("customer");
        Api.asMaster().create("/customer/new", with(ONE_DOLLAR, "user_id", customer));
        var key = Given.key();
        use(key, "0.5", "end_user", customer);
        Api.asMaster().create("/customer/delete", Map.of("user_ids", List.of(customer)));
        use(key, "0.6", "end_user", customer);
        Api.asMaster().create("/customer/new", with(ONE_DOLLAR, "user_id", customer));

        assertThat(admit(key, "0.1", "end_user", customer).getFloat("refusal.spent"))
                .isEqualTo(1.1f);
    }
}
