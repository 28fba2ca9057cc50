package io.tenantry.tenancy;

import static io.tenantry.testing.Given.body;
import static org.assertj.core.api.Assertions.assertThat;

import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.path.json.JsonPath;
import io.tenantry.testing.Api;
import io.tenantry.testing.Given;
import io.tenantry.testing.StoresResource;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Absent, null and zero in every field of {@code /user/update}. */
@QuarkusTest
@QuarkusTestResource(StoresResource.class)
class UserFieldRuleTest {

    /**
     * @param value   what the user is given first, as it is sent and shown
     * @param cleared what null makes of it
     * @param zero    what asks for nothing to be allowed, as it is sent and shown; null where there is no such value
     */
    record Field(String name, Object value, Object cleared, Object zero) {

        @Override
        public String toString() {
            return name;
        }
    }

    static Stream<Field> fields() {
        var permission = Map.of("agents", List.of("a"));
        return Stream.of(
                new Field("user_email", Given.unique("kim") + "@example.org", null, null),
                new Field("user_alias", "kim", null, null),
                new Field("sso_user_id", Given.unique("sso"), null, null),
                new Field("user_role", "internal_user_viewer", null, null),
                new Field("models", List.of("gpt-4o"), List.of(), List.of("no-default-models")),
                new Field("max_budget", 12, null, 0),
                new Field("soft_budget", 3, null, 0),
                new Field("budget_duration", "30d", null, null),
                new Field("tpm_limit", 1000, null, 0),
                new Field("rpm_limit", 10, null, 0),
                new Field("max_parallel_requests", 4, null, 0),
                new Field("blocked", true, false, false),
                new Field("metadata", Map.of("cost_center", "7"), Map.of(), Map.of()),
                new Field("object_permission", permission, null, Map.of("agents", List.of())),
                new Field("allowed_model_region", "eu", null, null),
                new Field("allowed_model_max_input_tokens", 4000, null, 0),
                new Field("allowed_model_max_output_tokens", 500, null, 0));
    }

    @Test
    void every_field_of_the_request_is_in_this_test() {
        var tested = fields().map(Field::name).toList();
        var declared = Arrays.stream(UpdateUserRequest.class.getRecordComponents())
                .map(component -> component
                        .getName()
                        .replaceAll("([a-z])([A-Z])", "$1_$2")
                        .toLowerCase())
                .filter(name -> !Set.of("user_id", "others").contains(name))
                .toList();

        assertThat(tested).containsExactlyInAnyOrderElementsOf(declared);
    }

    @ParameterizedTest
    @MethodSource("fields")
    void absent_stays_null_clears_and_zero_allows_nothing(Field field) {
        var user = Given.user();
        update(user, body(field.name(), field.value()));
        assertShown(user, field, field.value());

        // a change of another field leaves this one as it is
        update(user, body("metadata".equals(field.name()) ? "user_alias" : "metadata", null));
        assertShown(user, field, field.value());

        update(user, body(field.name(), null));
        assertShown(user, field, field.cleared());

        if (field.zero() != null) {
            update(user, body(field.name(), field.value()));
            update(user, body(field.name(), field.zero()));
            assertShown(user, field, field.zero());
        }
    }

    private static JsonPath update(String user, Map<String, Object> change) {
        change.put("user_id", user);
        var answer = Api.asMaster().create("/user/update", change);
        assertThat(answer.getString("user_id")).isEqualTo(user);
        return answer;
    }

    /** As it was answered is as it is read. */
    private static void assertShown(String user, Field field, Object expected) {
        var shown = Api.asMaster()
                .get("/user/info", Map.of("user_id", user))
                .jsonPath()
                .<Object>get("user_info." + field.name());
        if (expected instanceof Map<?, ?> object && field.name().equals("object_permission")) {
            assertThat(((Map<?, ?>) shown).get("agents")).isEqualTo(object.get("agents"));
        } else {
            assertThat(shown).isEqualTo(expected);
        }
    }
}
