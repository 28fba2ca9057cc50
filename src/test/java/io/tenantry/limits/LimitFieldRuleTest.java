package io.tenantry.limits;

import static io.tenantry.testing.Given.body;
import static org.assertj.core.api.Assertions.assertThat;

import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.tenantry.testing.Api;
import io.tenantry.testing.Given;
import io.tenantry.testing.StoresResource;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Absent stays, null is cleared, zero is a value: in every field of every update of budgets, customers, tags and access groups. */
@QuarkusTest
@QuarkusTestResource(StoresResource.class)
class LimitFieldRuleTest {

    private static final Map<String, Object> LIMITS = Map.of(
            "max_budget", 100,
            "soft_budget", 50,
            "budget_duration", "7d",
            "tpm_limit", 70,
            "rpm_limit", 80,
            "max_parallel_requests", 9);

    /** Fields that a limit's value at zero says something about. */
    private static final List<String> NUMBERS =
            List.of("max_budget", "soft_budget", "tpm_limit", "rpm_limit", "max_parallel_requests");

    /** @param identity the field that names the object @param own fields besides limits, with values @param shown where limits are in the answer */
    record Entity(String route, String identity, Map<String, Object> own, String answer, String shown) {

        Map<String, Object> all() {
            var all = new HashMap<>(LIMITS);
            all.putAll(own);
            return all;
        }

        Map<String, Object> create() {
            var body = new HashMap<>(all());
            body.put(identity, Given.unique("fields"));
            Map<String, Object> made =
                    Api.asMaster().create(route + "/new", body).getMap(answer);
            assertThat(read(made)).isEqualTo(all());
            return body;
        }

        Map<String, Object> update(Map<String, Object> made, Map<String, Object> change) {
            var body = new HashMap<>(change);
            body.put(identity, made.get(identity));
            Map<String, Object> row =
                    Api.asMaster().create(route + "/update", body).getMap(answer);
            return read(row);
        }

        @SuppressWarnings("unchecked")
        private Map<String, Object> read(Map<String, Object> row) {
            var limits = shown == null ? row : (Map<String, Object>) row.get(shown);
            var read = new HashMap<String, Object>();
            LIMITS.keySet().forEach(field -> read.put(field, limits.get(field)));
            own.keySet().forEach(field -> read.put(field, row.get(field)));
            return read;
        }

        @Override
        public String toString() {
            return route;
        }
    }

    private static final List<Entity> ENTITIES = List.of(
            new Entity("/budget", "budget_id", Map.of(), "$", null),
            new Entity(
                    "/customer",
                    "user_id",
                    Map.of("alias", "Ada", "allowed_model_region", "eu", "default_model", "gpt-4o", "blocked", true),
                    "$",
                    "litellm_budget_table"),
            new Entity("/tag", "name", Map.of("description", "d"), "tag", "litellm_budget_table"));

    static Stream<Arguments> fields() {
        return ENTITIES.stream()
                .flatMap(entity -> entity.all().keySet().stream().sorted().map(field -> Arguments.of(entity, field)));
    }

    @ParameterizedTest
    @MethodSource("fields")
    void nullClearsThisFieldAndTheAbsentOnesStay(Entity entity, String field) {
        var made = entity.create();
        var expected = entity.all();
        expected.put(field, field.equals("blocked") ? false : null);

        assertThat(entity.update(made, body(field, null))).isEqualTo(expected);
        assertThat(entity.update(made, body())).isEqualTo(expected);
    }

    static Stream<Arguments> numbers() {
        return ENTITIES.stream().flatMap(entity -> NUMBERS.stream().map(field -> Arguments.of(entity, field)));
    }

    @ParameterizedTest
    @MethodSource("numbers")
    void zeroIsAValue(Entity entity, String field) {
        var made = entity.create();
        var change = field.equals("max_budget") ? body(field, 0, "soft_budget", null) : body(field, 0);
        var expected = entity.all();
        expected.putAll(change);

        assertThat(entity.update(made, change)).isEqualTo(expected);
        assertThat(entity.update(made, body())).isEqualTo(expected);
    }
}
