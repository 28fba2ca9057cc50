package io.tenantry.admission;

import static org.assertj.core.api.Assertions.assertThat;

import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.smallrye.mutiny.Uni;
import io.tenantry.platform.redis.RedisCalls;
import io.tenantry.testing.Given;
import io.tenantry.testing.StoresResource;
import io.vertx.core.Vertx;
import io.vertx.redis.client.Command;
import io.vertx.redis.client.Request;
import jakarta.inject.Inject;
import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.Test;

/** What instances know of failing models; each object here stands for one instance. */
@QuarkusTest
@QuarkusTestResource(StoresResource.class)
class ModelFailuresTest {

    @Inject
    Vertx vertx;

    @Inject
    RedisCalls redis;

    @Inject
    AdmissionConfig config;

    private final String model = Given.unique("model");

    private ModelFailures instance() {
        return new ModelFailures(vertx, redis, config);
    }

    private static <T> T await(Uni<T> uni) {
        return uni.await().atMost(Duration.ofSeconds(10));
    }

    @Test
    void an_instance_knows_its_own_failures_at_once_and_others_after_the_exchange() {
        var one = instance();
        var other = instance();

        one.observe(model);
        one.observe(model);
        assertThat(one.isFailing(model)).isTrue();
        assertThat(other.isFailing(model)).isFalse();
        await(one.exchange());
        await(other.exchange());

        assertThat(one.count(model)).isEqualTo(2);
        assertThat(other.count(model)).isEqualTo(2);
    }

    @Test
    void what_was_told_is_not_told_again() {
        var one = instance();
        var other = instance();
        one.observe(model);
        other.observe(model);

        for (int i = 0; i < 3; i++) {
            await(one.exchange());
            await(other.exchange());
        }
        one.observe(model);

        assertThat(one.count(model)).isEqualTo(3);
        assertThat(other.count(model)).isEqualTo(2);
    }

    @Test
    void what_is_older_than_a_minute_counts_no_more() {
        var slot = Instant.now().getEpochSecond() / 5 - 13;
        await(redis.call(
                Request.cmd(Command.HSET)
                        .arg("t1:{failures}:models")
                        .arg(slot + "|" + model)
                        .arg("7"),
                Duration.ofSeconds(5)));
        var one = instance();
        await(one.exchange());

        assertThat(one.isFailing(model)).isFalse();
    }

    @Test
    void names_that_are_made_up_do_not_fill_the_memory() {
        var one = instance();
        for (int i = 0; i < 2_000; i++) {
            one.observe("made-up-" + i);
        }

        assertThat(one.count("made-up-0")).isEqualTo(1);
        assertThat(one.count("made-up-1999")).isZero();
    }
}
