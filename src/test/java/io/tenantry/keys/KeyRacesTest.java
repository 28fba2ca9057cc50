package io.tenantry.keys;

import static io.restassured.RestAssured.given;
import static io.tenantry.testing.Given.body;
import static org.assertj.core.api.Assertions.assertThat;

import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.response.Response;
import io.tenantry.keys.KeyFixtures.Issued;
import io.tenantry.testing.Api;
import io.tenantry.testing.Given;
import io.tenantry.testing.StoresResource;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import org.junit.jupiter.api.RepeatedTest;

@QuarkusTest
@QuarkusTestResource(StoresResource.class)
class KeyRacesTest {

    private static final int CLIENTS = 20;

    /** What the client of this number does with the key. */
    private static Supplier<Response> work(int client, Issued key) {
        var api = Api.asMaster();
        return switch (client % 5) {
            case 0 -> () -> api.post("/key/regenerate", body("key", key.keyId(), "grace_period", "1h"));
            case 1 -> () -> api.post("/key/update", body("key", key.keyId(), "rpm_limit", client));
            case 2 -> () -> repeatable(body("keys", List.of(body("key", key.keyId(), "key_alias", "a" + client % 2))));
            case 3 -> () -> api.post(client < 10 ? "/key/block" : "/key/unblock", Map.of("key", key.keyId()));
            default ->
                client == CLIENTS - 1
                        ? () -> api.post("/key/delete", Map.of("keys", List.of(key.keyId())))
                        : () -> api.post("/key/" + key.keyId() + "/reset_spend", Map.of("reset_to", 0));
        };
    }

    private static Response repeatable(Map<String, Object> body) {
        return given().header("Authorization", "Bearer " + Api.MASTER_KEY)
                .header("Idempotency-Key", Given.unique("race"))
                .contentType("application/json")
                .body(body)
                .post("/key/bulk_update");
    }

    @RepeatedTest(3)
    void whoeverWorksOnOneKeyAtTheSameTimeGetsATruthfulAnswer() {
        var key = KeyFixtures.issue("team_id", Given.team());

        var running = IntStream.range(0, CLIENTS)
                .mapToObj(client -> CompletableFuture.supplyAsync(work(client, key)))
                .toList();

        var answers = running.stream().map(CompletableFuture::join).toList();
        assertThat(answers).extracting(Response::statusCode).contains(200).isSubsetOf(200, 404, 409);
        // whoever came too late with it may say so
        assertThat(Api.asMaster()
                        .post("/key/delete", Map.of("keys", List.of(key.keyId())))
                        .statusCode())
                .isIn(200, 404);
        Api.asMaster().get("/key/info", Map.of("key", key.keyId())).then().statusCode(404);
        assertThat(KeyFixtures.audited(key.keyId(), "deleted")).isEqualTo("1");
    }
}
