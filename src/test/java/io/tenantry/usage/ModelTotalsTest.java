package io.tenantry.usage;

import static io.tenantry.testing.Admissions.request;
import static org.assertj.core.api.Assertions.assertThat;

import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.tenantry.core.ResourceKind;
import io.tenantry.testing.Api;
import io.tenantry.testing.Given;
import io.tenantry.testing.StoreAccess;
import io.tenantry.testing.StoresResource;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.Test;

/** Customers and tags are called whatever their callers like, and so are models. */
@QuarkusTest
@QuarkusTestResource(StoresResource.class)
class ModelTotalsTest {

    private static final List<String> NAMES =
            List.of("a", "a/b", "a/b/", "/", "//", "a%", "a%2Fb", "a%252Fb", "100%/x", "%25", "ä ü/ß");
    private static final List<String> MODELS = List.of("c", "b/c", "openai/gpt-4o", "%2F", "2Fb/c");

    @Test
    void every_name_and_model_have_an_id_of_their_own_here_and_in_the_database() {
        for (var scope : List.of(ResourceKind.END_USER, ResourceKind.TAG)) {
            var ids = new HashSet<String>();
            for (var name : NAMES) {
                for (var model : MODELS) {
                    var id = ModelTotals.id(scope, name, model);

                    assertThat(ids.add(id)).as(id).isTrue();
                    assertThat(ModelTotals.idOf(scope, id, model)).isEqualTo(name);
                    assertThat(StoreAccess.queryOne("select id_of_model_total(?, ?, ?)", scope.label, name, model))
                            .isEqualTo(id);
                    assertThat(wayBack(ModelTotals.kind(scope), id)).isEqualTo(scope.label + "|" + name + "|" + model);
                }
            }
        }
        assertThat(ModelTotals.id(ResourceKind.TEAM_MEMBER, "team/user", "b/c")).isEqualTo("team/user/b/c");
        assertThat(wayBack("team_member_model", "team/user/b/c")).isEqualTo("team_member|team/user|b/c");
        assertThat(wayBack("tag", "a/b%2F")).isEqualTo("tag|a/b%2F|");
    }

    private static String wayBack(String kind, String id) {
        return StoreAccess.queryOne(
                "select concat_ws('|', scope_kind, scope_id, coalesce(model, '')) from scope_of_total(?, ?)", kind, id);
    }

    private static String budget(String... models) {
        var caps = new HashMap<String, Object>();
        for (var model : models) {
            caps.put(model, Map.of("max_budget", 10, "budget_duration", "1mo"));
        }
        var id = UUID.randomUUID().toString();
        Api.asMaster().create("/budget/new", Given.body("budget_id", id, "model_max_budget", caps));
        return id;
    }

    private static Map<String, Object> asking(String key, String model, String field, String name) {
        return request(
                key, "model", model, "estimated_cost_usd", 0.01, field, field.equals("tags") ? List.of(name) : name);
    }

    /** What the budget for the model has, as the limits know it. */
    private static double spent(String key, String model, String field, String name) {
        var answer = Api.asMaster().create("/v1/admissions/explain", asking(key, model, field, name));
        var all = answer.getList("levels.limits.flatten().findAll { it.model == '" + model + "' }.spent", Double.class);
        assertThat(all).as(answer.prettify()).hasSize(1);
        return all.get(0);
    }

    private static void spend(String key, String model, String field, String name, double cost) {
        var admission = Api.asMaster().create("/v1/admissions", asking(key, model, field, name));
        Api.asMaster()
                .create(
                        "/v1/admissions/" + admission.getString("admission_id") + "/settlement",
                        Given.body("cost_usd", cost));
    }

    @Test
    void a_models_budget_begins_with_what_a_customer_or_tag_with_slashes_in_its_name_has_used() {
        for (var field : List.of("end_user", "tags")) {
            var name = "shop/" + UUID.randomUUID();
            var outer = name + "/eu";
            var key = Given.key();
            spend(key, "openai/gpt-4o", field, name, 0.5);
            spend(key, "gpt-4o", field, name + "/openai", 0.25);
            make(field, name, budget("openai/gpt-4o"));
            make(field, name + "/openai", budget("gpt-4o"));
            make(field, outer, budget("gpt-4o"));

            assertThat(spent(key, "openai/gpt-4o", field, name)).isEqualTo(0.5);
            assertThat(spent(key, "gpt-4o", field, name + "/openai")).isEqualTo(0.25);

            spend(key, "openai/gpt-4o", field, name, 1);
            spend(key, "gpt-4o", field, outer, 2);
            assertThat(spent(key, "openai/gpt-4o", field, name)).isEqualTo(1.5);
            assertThat(spent(key, "gpt-4o", field, name + "/openai")).isEqualTo(0.25);
            assertThat(spent(key, "gpt-4o", field, outer)).isEqualTo(2.0);
            var periods = Api.asMaster()
                    .get(
                            "/spend/periods",
                            Given.body("scope", field.equals("tags") ? "tag" : field, "id", outer, "model", "gpt-4o"))
                    .jsonPath();
            assertThat(periods.getList("periods.findAll { it.period == '1mo' }.spend", Double.class))
                    .containsExactly(2.0);
        }
    }

    private static void make(String field, String name, String budget) {
        if (field.equals("tags")) {
            Api.asMaster().create("/tag/new", Given.body("name", name, "budget_id", budget));
        } else {
            Api.asMaster().create("/customer/new", Given.body("user_id", name, "budget_id", budget));
        }
    }
}
