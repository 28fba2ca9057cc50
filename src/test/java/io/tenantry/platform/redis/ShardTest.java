package io.tenantry.platform.redis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.smallrye.mutiny.Uni;
import io.tenantry.testing.StoreAccess;
import io.tenantry.testing.StoresResource;
import jakarta.inject.Inject;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Queue;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What an instance does about a loss, in a part of Redis that is nobody else's. */
@QuarkusTest
@QuarkusTestResource(StoresResource.class)
class ShardTest {

    @Inject
    RedisCalls redis;

    private final String tag = "shard-" + UUID.randomUUID();
    private final Queue<Supplier<Uni<Void>>> restores = new ArrayDeque<>();
    private int losses;
    private int wholes;
    private Shard shard;

    @BeforeEach
    void begin() {
        restores.add(() -> done());
        shard = new Shard(
                redis, "this", tag, () -> losses++, () -> restores.remove().get(), () -> wholes++);
        await(shard.beat());
    }

    private static Uni<Void> done() {
        return Uni.createFrom().voidItem();
    }

    private static <T> T await(Uni<T> uni) {
        return uni.await().atMost(Duration.ofSeconds(10));
    }

    private void lose() {
        try (var connection = StoreAccess.redis()) {
            for (var name : List.of("alive", "generation", "restored")) {
                connection.call("DEL", "t1:{" + tag + "}:" + name);
            }
        }
    }

    @Test
    void what_is_lost_again_while_it_is_put_back_is_put_back_again() {
        restores.add(() -> {
            lose();
            return done();
        });
        restores.add(() -> done());
        lose();

        await(shard.beat());

        assertThat(restores).isEmpty();
        await(shard.beat());
        assertThat(shard.isWhole(Duration.ZERO)).isTrue();
    }

    @Test
    void who_asks_does_not_wait_longer_than_for_a_call_while_much_is_put_back() {
        var restored = new CompletableFuture<Void>();
        restores.add(() -> Uni.createFrom().completionStage(restored));
        lose();

        assertThat(await(shard.becomesWhole(Duration.ZERO))).isFalse();
        restored.complete(null);

        assertThat(await(shard.becomesWhole(Duration.ZERO))).isTrue();
        assertThat(restores).isEmpty();
    }

    @Test
    void all_who_see_a_loss_wait_until_it_is_put_back_once() {
        var restored = new CompletableFuture<Void>();
        restores.add(() -> Uni.createFrom().completionStage(restored));
        lose();

        var beats =
                List.of(shard.beat().subscribeAsCompletionStage(), shard.beat().subscribeAsCompletionStage());
        assertThat(beats).noneMatch(CompletableFuture::isDone);
        restored.complete(null);

        beats.forEach(CompletableFuture::join);
        assertThat(restores).isEmpty();
    }

    @Test
    void what_could_not_be_put_back_is_tried_again_by_the_next_sign_of_life_and_is_one_loss() {
        losses = 0;
        restores.add(() -> Uni.createFrom().failure(new IllegalStateException("away")));
        restores.add(() -> done());
        lose();

        assertThatThrownBy(() -> await(shard.beat())).hasMessage("away");
        await(shard.beat());

        assertThat(restores).isEmpty();
        assertThat(losses).isEqualTo(1);
        assertThat(shard.isWhole(Duration.ZERO)).isTrue();
    }

    @Test
    void what_is_done_once_everything_is_back_waits_for_the_other_instances_and_is_done_once() {
        var other = new Shard(redis, "other", tag, () -> {}, ShardTest::done, () -> {});
        await(other.beat());
        await(shard.beat());
        restores.add(() -> done());
        wholes = 0;
        lose();

        await(shard.beat());
        assertThat(wholes).isZero();
        await(other.beat());
        await(shard.beat());
        await(shard.beat());

        assertThat(wholes).isEqualTo(1);
    }

    @Test
    void while_it_is_put_back_no_total_of_before_counts() {
        int before = shard.mark();
        restores.add(() -> {
            assertThat(shard.mark()).isNotEqualTo(before);
            return done();
        });
        try (var connection = StoreAccess.redis()) {
            var name = "t1:{" + tag + "}:generation";
            var generation = (String) connection.call("GET", name);
            connection.call("SET", name, generation.replaceAll("@.*", "@another-process"));
        }

        await(shard.beat());

        assertThat(restores).isEmpty();
    }

    /** What lies in one may come from the other, when a cluster is resharded: its totals must not count because both have had as many generations. */
    @Test
    void two_shards_have_different_marks_and_a_shard_never_has_one_again() {
        var other = new Shard(redis, "this", "shard-" + UUID.randomUUID(), () -> {}, ShardTest::done, () -> {});
        await(other.beat());
        int before = shard.mark();
        restores.add(() -> done());
        lose();
        await(shard.beat());

        assertThat(Set.of(other.mark(), before, shard.mark())).hasSize(3);
    }

    /** Or all totals would be read again where no instance was there for some minutes. */
    @Test
    void a_generation_is_remembered_longer_than_any_total_also_while_no_instance_is_there() {
        try (var connection = StoreAccess.redis()) {
            assertThat((Long) connection.call("PTTL", "t1:{" + tag + "}:generation"))
                    .isGreaterThan(Duration.ofDays(30).toMillis());
        }
    }
}
