package io.tenantry.docs;

import static io.restassured.RestAssured.given;
import static org.assertj.core.api.Assertions.assertThat;

import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.response.Response;
import io.tenantry.tenancy.FurtherLimits;
import io.tenantry.tenancy.LimitModes;
import io.tenantry.testing.Api;
import io.tenantry.testing.Described;
import io.tenantry.testing.Given;
import io.tenantry.testing.StoresResource;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.function.BiConsumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** {@code docs/openapi.yaml} is the served description, and the description is complete enough to make a client from. */
@QuarkusTest
@QuarkusTestResource(StoresResource.class)
class OpenApiPageTest {

    private static final Path PAGE = Path.of("docs/openapi.yaml");
    private static final Path FRESH = Path.of("target/openapi.yaml");
    private static final List<String> VERBS = List.of("get", "post", "put", "patch", "delete");

    @Test
    void the_page_is_what_is_served() throws IOException {
        var fresh = given().accept("application/yaml").get("/q/openapi").asString();
        Files.writeString(FRESH, fresh);
        if (Boolean.getBoolean("pages.update")) {
            Files.writeString(PAGE, fresh);
        }

        assertThat(Files.readString(PAGE)).as("run with -Dpages.update=true").isEqualTo(fresh);
    }

    @Test
    void every_operation_says_what_a_client_needs() {
        var lacking = new ArrayList<String>();
        var ids = new ArrayList<String>();
        var described = Described.served();
        eachOperation((name, operation) -> {
            ids.add((String) operation.get("operationId"));
            require(lacking, name, "a summary", isText(operation.get("summary")));
            require(lacking, name, "a tag", isFilled(operation.get("tags")));
            require(lacking, name, "security", isFilled(operation.get("security")));
            var responses = map(operation.get("responses"));
            require(lacking, name, "a success with a schema", successIsDescribed(responses));
            require(lacking, name, "the fields of its success", successHasFields(responses));
            require(lacking, name, "what each parameter is for", parametersAreDescribed(operation));
            lacking.addAll(wrongExamples(described, name, responses));
            require(lacking, name, "401, 403 and 503", responses.keySet().containsAll(List.of("401", "403", "503")));
            if (operation.containsKey("requestBody")) {
                require(lacking, name, "400 and 422", responses.keySet().containsAll(List.of("400", "422")));
                require(lacking, name, "a schema of its body", bodyIsDescribed(map(operation.get("requestBody"))));
                require(
                        lacking,
                        name,
                        "a whole example of its body",
                        bodyHasExample(map(operation.get("requestBody"))));
            }
        });

        assertThat(lacking).isEmpty();
        assertThat(ids).doesNotContainNull().doesNotHaveDuplicates();
    }

    @Test
    void every_reference_leads_somewhere() {
        var api = api();
        var broken = new ArrayList<String>();
        eachReference(api, reference -> {
            Object place = api;
            for (var step : reference.substring("#/".length()).split("/")) {
                place = place instanceof Map<?, ?> map ? map.get(step) : null;
            }
            if (place == null) {
                broken.add(reference);
            }
        });

        assertThat(broken).isEmpty();
    }

    @Test
    void no_type_of_ours_for_absent_fields_is_on_the_wire() {
        assertThat(map(map(api().get("components")).get("schemas")).keySet())
                .noneMatch(name -> name.startsWith("Patch"));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "IssueKey UpdateKey",
                "NewTeam UpdateTeam",
                "NewOrganization UpdateOrganization",
                "NewUser UpdateUser"
            })
    void a_field_has_the_same_type_where_it_is_set_and_where_it_is_changed(String pair) {
        var schemas = map(map(api().get("components")).get("schemas"));
        var names = pair.split(" ");
        var made = map(map(schemas.get(names[0] + "Request")).get("properties"));
        var changed = map(map(schemas.get(names[1] + "Request")).get("properties"));

        var different = changed.keySet().stream()
                .filter(made::containsKey)
                .filter(field -> !typeOf(made.get(field)).equals(typeOf(changed.get(field))))
                .toList();
        assertThat(different).isEmpty();
    }

    /** Without what is said of null; a type of its own may be another one, such as one whose fields may be absent. */
    private static Object typeOf(Object property) {
        var schema = map(property);
        if (schema.containsKey("anyOf") || schema.containsKey("$ref")) {
            return "a type of its own";
        }
        var type = schema.get("type") instanceof Collection<?> several
                ? several.stream().filter(one -> !"null".equals(one)).toList()
                : List.of(String.valueOf(schema.get("type")));
        var inside = schema.getOrDefault("items", schema.get("additionalProperties"));
        return inside == null || map(inside).isEmpty() ? type : List.of(type, typeOf(inside));
    }

    @Test
    void every_further_limit_is_described_and_nothing_of_how_the_code_keeps_them() {
        var schemas = map(map(api().get("components")).get("schemas"));
        assertDescribed(schemas, "IssueKeyRequest", List.of());
        assertDescribed(schemas, "UpdateKeyRequest", List.of());
        assertDescribed(schemas, "TeamView", List.of());
        assertDescribed(schemas, "Key", List.of());
        assertDescribed(schemas, "UpdateTeamRequest", List.of(LimitModes.THROTTLE, FurtherLimits.TAG_RATES));
        var ofKeysAndTeams = Stream.concat(
                        LimitModes.THROUGHPUT.stream(), Stream.of(LimitModes.THROTTLE, FurtherLimits.TAG_RATES))
                .toList();
        assertDescribed(schemas, "NewBudgetRequest", ofKeysAndTeams);
        assertDescribed(schemas, "UpdateCustomerRequest", ofKeysAndTeams);
        assertThat(schemas.values()).allSatisfy(schema -> assertThat(
                        map(map(schema).get("properties")).keySet())
                .doesNotContain("others", "further_limits"));
    }

    private static void assertDescribed(Map<String, Object> schemas, String type, Collection<String> without) {
        var described = map(map(schemas.get(type)).get("properties")).keySet();
        assertThat(FurtherLimits.FIELDS.stream().filter(described::contains))
                .as("platform.openapi.FurtherFields describes what tenancy.FurtherLimits reads: %s", type)
                .containsExactlyInAnyOrderElementsOf(FurtherLimits.FIELDS.stream()
                        .filter(field -> !without.contains(field))
                        .toList());
    }

    @Test
    void answers_say_which_fields_are_always_there_and_which_may_be_null() {
        var team = map(map(map(api().get("components")).get("schemas")).get("TeamView"));

        var schemas = map(map(api().get("components")).get("schemas"));
        assertThat((List<?>) map(schemas.get("OrganizationView")).get("required"))
                .as("what is left out where it was not loaded is not required")
                .extracting(String::valueOf)
                .contains("organization_id")
                .doesNotContain("members", "teams");
        assertThat((List<?>) team.get("required"))
                .extracting(String::valueOf)
                .contains("team_id", "max_budget", "blocked")
                .doesNotContain("tpd_limit");
        assertThat(map(map(team.get("properties")).get("team_id")).get("type")).isEqualTo("string");
        assertThat(map(map(team.get("properties")).get("max_budget")).get("type"))
                .isEqualTo(List.of("number", "null"));
    }

    @Test
    void keys_are_written_as_they_are_described() {
        var described = Described.served();
        var master = Api.asMaster();
        var issued = master.post(
                "/key/generate", Map.of("max_budget", 1, "object_permission", Map.of("agents", List.of("a"))));
        var key = issued.jsonPath().getString("key");
        var answers = Map.of(
                "/key/generate", issued,
                "/key/update", master.post("/key/update", Map.of("key", key, "tpd_limit", 9)),
                "/key/block", master.post("/key/block", Map.of("key", key)),
                "/key/unblock", master.post("/key/unblock", Map.of("key", key)),
                "/v2/key/info", master.post("/v2/key/info", Map.of("keys", List.of(key))),
                "/key/regenerate", master.post("/key/regenerate", Map.of("key", key)));

        var shown = new TreeSet<String>();
        answers.forEach((path, answer) -> {
            assertThat(described.differences(
                            "POST", path, answer.statusCode(), answer.jsonPath().get("$")))
                    .as(path)
                    .isEmpty();
            var row = path.equals("/v2/key/info") ? "info[0]" : "$";
            shown.addAll(answer.jsonPath().<String, Object>getMap(row).keySet());
        });
        shown.addAll(entryOf(master.get("/key/list?return_full_object=true&expand=user&size=1"), "keys[0]"));
        var user = Given.user();
        Given.key("user_id", user);
        shown.addAll(entryOf(master.get("/user/info?user_id=" + user), "keys[0]"));
        var fields = map(
                map(map(map(api().get("components")).get("schemas")).get("Key")).get("properties"));
        assertThat(fields.keySet().stream().filter(field -> !FurtherLimits.FIELDS.contains(field)))
                .isSubsetOf(shown);
    }

    private static Collection<String> entryOf(Response answer, String place) {
        return answer.jsonPath().<String, Object>getMap(place).keySet();
    }

    private static void require(List<String> lacking, String name, String what, boolean there) {
        if (!there) {
            lacking.add(name + " lacks " + what);
        }
    }

    private static boolean successIsDescribed(Map<String, Object> responses) {
        return responses.entrySet().stream()
                .filter(response -> response.getKey().startsWith("2"))
                .anyMatch(response -> response.getKey().equals("204")
                        || map(response.getValue()).containsKey("content"));
    }

    /** An object of anything says nothing. */
    private static boolean successHasFields(Map<String, Object> responses) {
        return responses.entrySet().stream()
                .filter(response -> response.getKey().startsWith("2"))
                .map(response ->
                        map(map(map(map(response.getValue()).get("content")).get("application/json"))
                                .get("schema")))
                .map(schema -> schema.containsKey("items") ? map(schema.get("items")) : schema)
                .noneMatch(schema -> "object".equals(schema.get("type"))
                        && !schema.containsKey("properties")
                        && map(schema.get("additionalProperties")).isEmpty());
    }

    private static boolean parametersAreDescribed(Map<String, Object> operation) {
        return !(operation.get("parameters") instanceof List<?> parameters)
                || parameters.stream()
                        .map(OpenApiPageTest::map)
                        .allMatch(parameter -> parameter.containsKey("$ref") || isText(parameter.get("description")));
    }

    /** A success without an example, or one that is not as it is described. */
    private static List<String> wrongExamples(Described described, String name, Map<String, Object> responses) {
        var wrong = new ArrayList<String>();
        var method = name.substring(0, name.indexOf(' '));
        var path = name.substring(name.indexOf(' ') + 1);
        responses.forEach((status, response) -> {
            var json = map(map(map(response).get("content")).get("application/json"));
            if (status.startsWith("2") && !json.isEmpty()) {
                var example = described.resolved(map(map(json.get("examples")).get("typical")));
                require(wrong, name, "a whole example of its success", example.containsKey("value"));
                wrong.addAll(
                        described.differences(method, path, Integer.parseInt(status), example.get("value")).stream()
                                .map(difference -> name + " has an example where " + difference)
                                .toList());
            }
        });
        return wrong;
    }

    private static boolean bodyIsDescribed(Map<String, Object> body) {
        return map(body.get("content")).values().stream()
                .allMatch(media -> map(media).containsKey("schema"));
    }

    /** With all that is required. */
    private static boolean bodyHasExample(Map<String, Object> body) {
        var json = map(map(body.get("content")).get("application/json"));
        var example = map(map(json.get("examples")).get("typical")).get("value");
        if (!(example instanceof Map<?, ?> fields)) {
            return example instanceof List<?> items && !items.isEmpty();
        }
        var reference = (String) map(json.get("schema")).get("$ref");
        var schema = reference == null
                ? map(json.get("schema"))
                : map(map(map(api().get("components")).get("schemas"))
                        .get(reference.substring(reference.lastIndexOf('/') + 1)));
        var required = schema.get("required") instanceof List<?> names ? names : List.of();
        return fields.keySet().containsAll(required);
    }

    private static boolean isText(Object value) {
        return value instanceof String text && !text.isBlank();
    }

    private static boolean isFilled(Object value) {
        return value instanceof Collection<?> collection && !collection.isEmpty();
    }

    private static void eachOperation(BiConsumer<String, Map<String, Object>> action) {
        map(api().get("paths")).forEach((path, item) -> map(item).forEach((verb, operation) -> {
            if (VERBS.contains(verb)) {
                action.accept(verb.toUpperCase() + " " + path, map(operation));
            }
        }));
    }

    private static void eachReference(Object node, java.util.function.Consumer<String> action) {
        if (node instanceof Map<?, ?> map) {
            map.forEach((name, value) -> {
                if ("$ref".equals(name) && value instanceof String reference) {
                    action.accept(reference);
                } else {
                    eachReference(value, action);
                }
            });
        } else if (node instanceof Collection<?> list) {
            list.forEach(one -> eachReference(one, action));
        }
    }

    private static Map<String, Object> api() {
        return given().accept("application/json").get("/q/openapi").jsonPath().getMap("$");
    }

    @SuppressWarnings("unchecked") // it comes from JSON
    private static Map<String, Object> map(Object node) {
        return node == null ? Map.of() : (Map<String, Object>) node;
    }
}
