package io.tenantry.identity;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tenantry.core.Problem;
import io.tenantry.core.ProblemCode;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerRequest;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.jose4j.jwk.RsaJwkGenerator;
import org.jose4j.lang.JoseException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class PublishedKeysTest {

    private static final Duration PATIENCE = Duration.ofSeconds(10);

    private final AtomicInteger asked = new AtomicInteger();
    private volatile Consumer<HttpServerRequest> answer;
    private Vertx vertx;
    private HttpServer provider;

    @BeforeEach
    void startProvider() throws Exception {
        vertx = Vertx.vertx();
        provider = vertx.createHttpServer()
                .requestHandler(request -> {
                    asked.incrementAndGet();
                    answer.accept(request);
                })
                .listen(0, "127.0.0.1")
                .toCompletionStage()
                .toCompletableFuture()
                .get(10, TimeUnit.SECONDS);
    }

    @AfterEach
    void stop() throws Exception {
        vertx.close().toCompletionStage().toCompletableFuture().get(10, TimeUnit.SECONDS);
    }

    @Test
    void keys_are_asked_for_once_and_found_by_their_id() throws Exception {
        publish("a", "b");
        var keys = keys(Duration.ofMinutes(10), Duration.ofSeconds(5));

        var set = keys.of("a").await().atMost(PATIENCE);
        keys.of("b").await().atMost(PATIENCE);
        keys.of(null).await().atMost(PATIENCE);

        assertThat(asked).hasValue(1);
        assertThat(set.candidates("a")).hasSize(1);
        assertThat(set.candidates(null)).hasSize(2);
        assertThat(set.candidates("c")).isEmpty();
    }

    @Test
    void made_up_key_ids_do_not_make_us_ask_again_and_again() throws Exception {
        publish("a");
        var keys = keys(Duration.ofMinutes(10), Duration.ofSeconds(5));

        for (int i = 0; i < 20; i++) {
            keys.of("made-up-" + i).await().atMost(PATIENCE);
        }

        assertThat(asked).hasValue(1);
    }

    @Test
    void a_provider_that_never_answers_costs_its_deadline_and_is_said_to_be_away() {
        answer = request -> {};
        var keys = keys(Duration.ofMinutes(10), Duration.ofMillis(200));

        assertThatThrownBy(() -> keys.of("a").await().atMost(PATIENCE))
                .isInstanceOfSatisfying(Problem.class, problem -> assertThat(problem.code())
                        .isEqualTo(ProblemCode.AUTH_PROVIDER_UNAVAILABLE));
    }

    @Test
    void what_is_no_key_set_is_as_good_as_no_answer() {
        answer = request -> request.response().end("<html>");
        var keys = keys(Duration.ofMinutes(10), Duration.ofSeconds(5));

        assertThatThrownBy(() -> keys.of("a").await().atMost(PATIENCE)).isInstanceOf(Problem.class);
    }

    @Test
    void symmetric_keys_are_left_out() throws Exception {
        answer = request -> request.response()
                .end("{\"keys\":[{\"kty\":\"oct\",\"kid\":\"a\",\"k\":\"c2VjcmV0LXNlY3JldC1zZWNyZXQ\"}]}");

        var set = keys(Duration.ofMinutes(10), Duration.ofSeconds(5))
                .of("a")
                .await()
                .atMost(PATIENCE);

        assertThat(set.candidates("a")).isEmpty();
    }

    private PublishedKeys keys(Duration lifetime, Duration timeout) {
        return new PublishedKeys(vertx, "http://127.0.0.1:" + provider.actualPort() + "/keys", lifetime, timeout);
    }

    private void publish(String... ids) throws JoseException {
        var json = new StringBuilder("{\"keys\":[");
        for (int i = 0; i < ids.length; i++) {
            var key = RsaJwkGenerator.generateJwk(2048);
            key.setKeyId(ids[i]);
            json.append(i == 0 ? "" : ",").append(key.toJson());
        }
        answer = request -> request.response().end(json.append("]}").toString());
    }
}
