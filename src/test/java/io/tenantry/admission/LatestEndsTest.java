package io.tenantry.admission;

import static io.tenantry.testing.Admissions.request;
import static org.assertj.core.api.Assertions.assertThat;

import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.path.json.JsonPath;
import io.tenantry.platform.redis.LiveInstances;
import io.tenantry.testing.Api;
import io.tenantry.testing.Given;
import io.tenantry.testing.RedisServers;
import io.tenantry.testing.StoreAccess;
import io.tenantry.testing.StoresResource;
import jakarta.inject.Inject;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A Redis that begins again with what it had written by then, and has forgotten the last of what it was told. */
@QuarkusTest
@QuarkusTestResource(StoresResource.class)
class LatestEndsTest {

    @Inject
    LiveInstances instances;

    private String team;
    private String key;

    @BeforeEach
    void tenant() {
        team = Given.team("max_budget", 1.0, "max_parallel_requests", 1);
        key = Given.key("team_id", team);
    }

    private JsonPath admit() {
        return Api.asMaster().create("/v1/admissions", request(key, "estimated_cost_usd", 0.4));
    }

    private static void release(JsonPath admission) {
        Api.asMaster()
                .delete("/v1/admissions/" + admission.getString("admission_id"))
                .then()
                .statusCode(200);
    }

    /** What Redis has of an admission before something happens to it, it has again afterwards. */
    private void forgotten(JsonPath admission, Runnable happening) {
        var root = "t1:{team:" + team + "}:";
        var kept = List.of(
                root + "balance3:team:" + team,
                root + "reservation:" + admission.getString("key_id") + ":" + admission.getString("request_id"));
        try (var redis = StoreAccess.redis()) {
            kept.forEach(name -> assertThat(redis.call("COPY", name, name + ":kept"))
                    .as(name)
                    .isEqualTo(1L));
            happening.run();
            kept.forEach(name -> redis.call("COPY", name + ":kept", name, "REPLACE"));
            ((List<?>) redis.call("KEYS", "*:generation")).forEach(name -> redis.call("DEL", String.valueOf(name)));
        }
    }

    @Test
    void what_was_settled_in_the_second_that_redis_lost_holds_nothing_and_its_use_counts() {
        var admission = admit();
        var settlement = "/v1/admissions/" + admission.getString("admission_id") + "/settlement";
        forgotten(admission, () -> Api.asMaster().create(settlement, Map.of("input_tokens", 1, "cost_usd", 0.3)));

        RedisServers.await("the slot", () -> {
            var next = admit();
            var budget = next.<String, Object>getMap("limits.find { it.kind == 'budget' }");
            return next.getBoolean("admitted")
                    && budget.get("spent").equals(0.3f)
                    && budget.get("held").equals(0.4f);
        });
    }

    @Test
    void what_was_released_in_the_second_that_redis_lost_holds_nothing() {
        var admission = admit();
        forgotten(admission, () -> release(admission));

        RedisServers.await("the slot", () -> admit().getBoolean("admitted"));
    }

    /** It renewed the lease here, and so remembers the admission. */
    @Test
    void what_another_instance_puts_back_after_it_was_released_here_holds_nothing() {
        var admission = admit();
        var reservation = "t1:{team:" + team + "}:reservation:" + admission.getString("key_id") + ":"
                + admission.getString("request_id");
        var balance = "t1:{team:" + team + "}:balance3:team:" + team;
        var restored = "t1:{instances}:restored";
        try (var redis = StoreAccess.redis()) {
            List.of(reservation, balance).forEach(name -> redis.call("COPY", name, name + ":kept"));
            release(admission);
            var inAMinute = Instant.now().plusSeconds(60).toEpochMilli();
            redis.call("ZADD", "t1:{instances}:alive", String.valueOf(inAMinute), "another");
            RedisServers.await("two", () -> instances.count() == 2);
            redis.call("DEL", "t1:{instances}:generation");
            RedisServers.await(
                    "its own part",
                    () -> redis.call("EXISTS", "t1:{instances}:generation").equals(1L)
                            && redis.call("SCARD", restored).equals(1L));

            List.of(reservation, balance).forEach(name -> redis.call("COPY", name + ":kept", name, "REPLACE"));
            redis.call("SADD", restored, "another");
            RedisServers.await("the slot", () -> admit().getBoolean("admitted"));
        } finally {
            anotherIsGone();
        }
    }

    private static void anotherIsGone() {
        try (var redis = StoreAccess.redis()) {
            redis.call("ZREM", "t1:{instances}:alive", "another");
        }
    }

    @Test
    void what_was_admitted_anew_under_the_same_request_goes_on_holding() {
        var request = request(key, "estimated_cost_usd", 0.4);
        release(Api.asMaster().create("/v1/admissions", request));
        var running = Api.asMaster().create("/v1/admissions", request);
        assertThat(running.getBoolean("admitted")).isTrue();
        var keyOfRunning = key;

        tenant();
        what_was_released_in_the_second_that_redis_lost_holds_nothing(); // and that is told after it

        key = keyOfRunning;
        assertThat(admit().getString("refusal.limits[0].kind")).isEqualTo("max_parallel_requests");
    }
}
