package io.tenantry.platform.health;

import static io.restassured.RestAssured.given;
import static org.assertj.core.api.Assertions.assertThat;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.everyItem;
import static org.hamcrest.Matchers.hasItems;

import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.tenantry.testing.ServerProcess;
import io.tenantry.testing.StoreAccess;
import io.tenantry.testing.StoresResource;
import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@QuarkusTest
@QuarkusTestResource(StoresResource.class)
class HealthTest {

    @ParameterizedTest
    @ValueSource(
            strings = {
                "/q/health/live",
                "/q/health/ready",
                "/q/health/started",
                "/q/metrics",
                "/q/openapi",
                "/q/swagger-ui/"
            })
    void operations_need_no_credential(String path) {
        given().get(path).then().statusCode(200);
    }

    @Test
    void ready_names_both_stores() {
        given().get("/q/health/ready")
                .then()
                .statusCode(200)
                .body("status", equalTo("UP"))
                .body("checks.name", hasItems("PostgreSQL", "Redis"))
                .body("checks.status", everyItem(equalTo("UP")));
    }

    @Test
    void alive_asks_no_store() {
        given().get("/q/health/live").then().statusCode(200).body("checks.size()", equalTo(0));
    }

    @Test
    void a_frozen_redis_is_reported_while_it_is_and_so_is_its_return() {
        whileFrozen(redisProcess(), () -> reportsDegraded("Redis"));

        waitUntilReady();
    }

    @Test
    void a_frozen_database_is_reported_while_it_is_and_so_is_its_return() {
        waitUntilReady();

        whileFrozen(databaseProcess(), () -> {
            reportsDegraded("PostgreSQL");
            reportsDegraded("PostgreSQL"); // the first question is still open
        });

        waitUntilReady();
    }

    /** An answer at all: it does not wait for the frozen store. */
    private static void reportsDegraded(String store) {
        given().get("/q/health/ready")
                .then()
                .statusCode(200)
                .body("checks.find { it.name == '" + store + "' }.data.degraded", equalTo(true))
                .body("checks.find { it.name == '" + store + "' }.data.reason.length() > 0", equalTo(true));
        given().get("/q/health/live").then().statusCode(200);
    }

    private static void waitUntilReady() {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(15);
        String answer;
        do {
            answer = given().get("/q/health/ready").asString();
        } while (answer.contains("degraded") && System.nanoTime() < deadline);
        assertThat(answer).contains("UP").doesNotContain("degraded");
    }

    private static ProcessHandle redisProcess() {
        try (var redis = StoreAccess.redis()) {
            var info = (String) redis.call("INFO", "server");
            return process(info.replaceAll("(?s).*process_id:(\\d+).*", "$1"));
        }
    }

    private static ProcessHandle databaseProcess() {
        return ServerProcess.in(Path.of(StoreAccess.queryOne("show data_directory"), "postmaster.pid"));
    }

    private static ProcessHandle process(String id) {
        return ProcessHandle.of(Long.parseLong(id.strip())).orElseThrow();
    }

    /** Stops the server and its children, as a stalled host would: connections stay open, nothing answers. */
    private static void whileFrozen(ProcessHandle server, Runnable body) {
        var processes = ServerProcess.withChildren(server).toList();
        processes.forEach(process -> signal("-STOP", process));
        try {
            body.run();
        } finally {
            processes.forEach(process -> signal("-CONT", process));
        }
    }

    private static void signal(String name, ProcessHandle process) {
        try {
            new ProcessBuilder("kill", name, String.valueOf(process.pid()))
                    .start()
                    .waitFor();
        } catch (IOException | InterruptedException failure) {
            throw new IllegalStateException(failure);
        }
    }
}
