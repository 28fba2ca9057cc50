package io.tenantry.limits;

import static io.tenantry.testing.Given.body;
import static org.assertj.core.api.Assertions.assertThat;
import static org.hamcrest.Matchers.equalTo;

import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.path.json.JsonPath;
import io.tenantry.core.SecretHash;
import io.tenantry.testing.Admissions;
import io.tenantry.testing.Api;
import io.tenantry.testing.Given;
import io.tenantry.testing.Roles;
import io.tenantry.testing.StoresResource;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What was used for customers and under tags, day by day. */
@QuarkusTest
@QuarkusTestResource(StoresResource.class)
class NamedActivityTest {

    /** Ten tokens in, five out. */
    private static void use(String key, String cost, Object... fields) {
        var admission = Api.asMaster().create("/v1/admissions", Admissions.request(key, fields));
        Api.asMaster()
                .create(
                        "/v1/admissions/" + admission.getString("admission_id") + "/settlement",
                        body("input_tokens", 10, "output_tokens", 5, "cost_usd", cost));
    }

    /** From yesterday on, so that midnight does not matter. */
    private static Map<String, Object> days(Object... query) {
        var today = LocalDate.now(ZoneOffset.UTC);
        var all = body(query);
        all.putIfAbsent("start_date", today.minusDays(1).toString());
        all.putIfAbsent("end_date", today.plusDays(1).toString());
        return all;
    }

    private static JsonPath activity(String of, Object... query) {
        var answer = Api.asMaster().get("/" + of + "/daily/activity", days(query));
        assertThat(answer.statusCode()).as(answer.asString()).isEqualTo(200);
        return answer.jsonPath();
    }

    @ParameterizedTest
    @ValueSource(strings = {"customer", "end_user"})
    void a_customers_use_is_told_over_all_keys_and_of_nobody_else(String path) {
        var customer = Given.unique("customer");
        Api.asMaster().create("/customer/new", body("user_id", customer, "alias", "Ada"));
        var key = Given.key("key_alias", Given.unique("k"));
        use(key, "0.5", "end_user", customer);
        use(Given.key(), "0.25", "end_user", customer);
        use(key, "7", "end_user", Given.unique("other"));

        var told = activity(path, "end_user_ids", customer);

        assertThat(told.getFloat("metadata.total_spend")).isEqualTo(0.75f);
        assertThat(told.getInt("metadata.total_prompt_tokens")).isEqualTo(20);
        assertThat(told.getInt("metadata.total_api_requests")).isEqualTo(2);
        assertThat(told.getString("results[0].breakdown.entities.'" + customer + "'.metadata.alias"))
                .isEqualTo("Ada");
        assertThat(told.getMap("results[0].breakdown.api_keys")).hasSize(2).containsKey(SecretHash.of(key));
        assertThat(activity(path, "end_user_ids", customer, "exclude_end_user_ids", customer)
                        .getList("results"))
                .isEmpty();
    }

    @Test
    void a_request_counts_for_each_of_its_tags() {
        var one = Given.unique("tag");
        var two = Given.unique("tag");
        use(Given.key(), "1", "tags", List.of(one, two));
        use(Given.key(), "2", "tags", List.of(one));

        assertThat(activity("tag", "tags", one).getFloat("metadata.total_spend"))
                .isEqualTo(3f);
        assertThat(activity("tag", "tags", two).getFloat("metadata.total_spend"))
                .isEqualTo(1f);
        var both = activity("tag", "tags", one + "," + two);
        assertThat(both.getFloat("results[0].breakdown.entities.'" + one + "'.metrics.spend"))
                .isEqualTo(3f);
    }

    @Test
    void pages_show_every_row_once() {
        var customer = Given.unique("customer");
        for (int i = 0; i < 3; i++) {
            use(Given.key(), "1", "end_user", customer);
        }

        var first = activity("customer", "end_user_ids", customer, "page_size", 2);
        var second = activity("customer", "end_user_ids", customer, "page_size", 2, "page", 2);

        assertThat(first.getInt("metadata.total_pages")).isEqualTo(2);
        assertThat(first.getBoolean("metadata.has_more")).isTrue();
        assertThat(first.getFloat("metadata.total_spend") + second.getFloat("metadata.total_spend"))
                .isEqualTo(3f);
    }

    @Test
    void customers_have_to_be_named_and_days_too() {
        Api.asMaster()
                .get("/customer/daily/activity", days())
                .then()
                .statusCode(400)
                .body("error.param", equalTo("end_user_ids"));
        Api.asMaster().get("/tag/daily/activity").then().statusCode(400).body("error.param", equalTo("start_date"));
    }

    @Test
    void only_proxy_admins_and_viewers_may_look() {
        Roles.onlyProxyAdmins(api -> api.get("/customer/daily/activity", days("end_user_ids", "c")), true);
        Roles.onlyProxyAdmins(api -> api.get("/tag/daily/activity", days()), true);
    }
}
