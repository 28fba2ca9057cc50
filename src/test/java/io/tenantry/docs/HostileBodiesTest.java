package io.tenantry.docs;

import static io.restassured.RestAssured.given;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.RestAssured;
import io.tenantry.testing.Api;
import io.tenantry.testing.Given;
import io.tenantry.testing.StoreAccess;
import io.tenantry.testing.StoresResource;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Semaphore;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Every field of every request, as the description has them, is sent with values that nobody means. */
@QuarkusTest
@QuarkusTestResource(StoresResource.class)
class HostileBodiesTest {

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final List<String> CHANGING = List.of("post", "put", "patch", "delete");
    private static final int AT_ONCE = 8;

    /** A list without its entries, and a number that no type holds. */
    private static final List<String> VALUES = List.of("[null]", "1e400");

    private final HttpClient client =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    private final Semaphore slots = new Semaphore(AT_ONCE);
    private final String marker = Given.unique("hostile");

    private record Hostile(String method, String path, String field, String body) {

        @Override
        public String toString() {
            return method + " " + path + " with " + field + " in " + body.substring(0, Math.min(300, body.length()));
        }
    }

    @Test
    void what_nobody_means_is_the_callers_fault_told_in_our_words_and_changes_nothing_where_it_is_refused() {
        var surprises = new ArrayList<String>();
        var refused = new ArrayList<String>();
        var sent = hostile().toList();
        var answers = sent.stream().map(this::send).toList();
        for (int i = 0; i < sent.size(); i++) {
            var answer = answers.get(i).join();
            if (answer.statusCode() >= 500 || answer.statusCode() >= 400 && !isOurs(answer)) {
                surprises.add(sent.get(i) + " is answered with " + answer.statusCode() + " " + answer.body());
            } else if (answer.statusCode() >= 400) {
                refused.add(answer.request()
                        .headers()
                        .firstValue("litellm-changed-by")
                        .orElseThrow());
            }
        }

        assertThat(surprises).isEmpty();
        assertThat(refused).hasSizeGreaterThan(sent.size() / 2);
        assertThat(StoreAccess.queryOne(
                        "select count(*) from audit_log where on_behalf_of = any(string_to_array(?, ','))",
                        String.join(",", refused)))
                .isEqualTo("0");
    }

    private static boolean isOurs(HttpResponse<String> answer) {
        try {
            var body = JSON.readTree(answer.body());
            return body.at("/error/code").asText().equals(String.valueOf(answer.statusCode()))
                    && body.at("/error/message").isTextual()
                    && body.has("detail");
        } catch (JsonProcessingException notOurs) {
            return false;
        }
    }

    private CompletableFuture<HttpResponse<String>> send(Hostile hostile) {
        slots.acquireUninterruptibly();
        var request = HttpRequest.newBuilder(URI.create("http://localhost:" + RestAssured.port + hostile.path()))
                .timeout(Duration.ofSeconds(60))
                .header("Authorization", "Bearer " + Api.MASTER_KEY)
                .header("Content-Type", "application/json")
                .header("litellm-changed-by", Given.unique(marker))
                .method(hostile.method().toUpperCase(), BodyPublishers.ofString(hostile.body()))
                .build();
        return client.sendAsync(request, BodyHandlers.ofString()).whenComplete((answer, failure) -> slots.release());
    }

    private static Stream<Hostile> hostile() {
        var api = api();
        var all = new ArrayList<Hostile>();
        var types = new HashSet<String>();
        api.path("paths").properties().forEach(path -> path.getValue().properties().stream()
                .filter(operation -> CHANGING.contains(operation.getKey()))
                .forEach(operation ->
                        all.addAll(hostile(api, path.getKey(), operation.getKey(), operation.getValue()))));
        return all.stream();
    }

    private static String typeOf(JsonNode operation) {
        return operation
                .at("/requestBody/content/application~1json/schema/$ref")
                .asText();
    }

    private static List<Hostile> hostile(JsonNode api, String path, String method, JsonNode operation) {
        var json = operation.at("/requestBody/content/application~1json");
        var example = json.at("/examples/typical/value");
        var type = typeOf(operation).replace("#", "");
        if (!example.isObject() || type.isEmpty()) {
            return List.of();
        }
        var fields = new ArrayList<String>();
        api.at(type + "/properties").fieldNames().forEachRemaining(fields::add);
        return fields.stream()
                .flatMap(field -> VALUES.stream()
                        .map(value -> new Hostile(
                                method,
                                path.replaceAll("\\{[^}]+}", "nobody"),
                                field,
                                with((ObjectNode) example, field, value))))
                .toList();
    }

    /** Written by hand, since what is meant is not always a number or text that a library would write. */
    private static String with(ObjectNode example, String field, String value) {
        var others = example.deepCopy().without(field).toString();
        var rest = others.substring(1);
        return "{\"" + field + "\": " + value + (rest.equals("}") ? "" : ",") + rest;
    }

    private static JsonNode api() {
        try {
            return JSON.readTree(
                    given().accept("application/json").get("/q/openapi").asString());
        } catch (JsonProcessingException impossible) {
            throw new IllegalStateException(impossible);
        }
    }
}
