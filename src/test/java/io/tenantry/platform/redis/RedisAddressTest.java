package io.tenantry.platform.redis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tenantry.platform.redis.RedisAddress.Shape;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RedisAddressTest {

    @Test
    void one_server() {
        var address = RedisAddress.parse("redis://:p%40ss@cache.internal/3");

        assertThat(address.shape()).isEqualTo(Shape.STANDALONE);
        assertThat(address.tls()).isFalse();
        assertThat(address.known()).containsExactly(new RedisEndpoint("cache.internal", 6379));
        assertThat(address.user()).isNull();
        assertThat(address.password()).isEqualTo("p@ss");
        assertThat(address.database()).isEqualTo(3);
    }

    @Test
    void sentinels_and_the_name_of_their_master() {
        var address = RedisAddress.parse("rediss-sentinel://me:secret@one,two:26380,[::1]:7/1#main");

        assertThat(address.shape()).isEqualTo(Shape.SENTINEL);
        assertThat(address.tls()).isTrue();
        assertThat(address.known())
                .containsExactly(
                        new RedisEndpoint("one", 26379), new RedisEndpoint("two", 26380), new RedisEndpoint("::1", 7));
        assertThat(address.user()).isEqualTo("me");
        assertThat(address.master()).isEqualTo("main");
        assertThat(address.database()).isEqualTo(1);
    }

    @Test
    void nodes_of_a_cluster() {
        var address = RedisAddress.parse("redis-cluster://10.0.0.1:7000,10.0.0.2:7000");

        assertThat(address.shape()).isEqualTo(Shape.CLUSTER);
        assertThat(address.known())
                .containsExactly(new RedisEndpoint("10.0.0.1", 7000), new RedisEndpoint("10.0.0.2", 7000));
        assertThat(address.password()).isNull();
    }

    @Test
    void it_shows_no_credentials() {
        assertThat(RedisAddress.parse("redis-cluster://me:secret@one,two").toString())
                .isEqualTo("one:6379,two:6379");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "http://host",
                "redis:",
                "redis://a,b",
                "redis-sentinel://:secret@one",
                "redis-cluster://:secret@one/2",
                "redis://:sec ret@host",
                "redis://:secret@host/main",
                "redis-cluster://:secret@a_b:x"
            })
    void what_cannot_be_right_is_refused_without_repeating_a_password(String url) {
        assertThatThrownBy(() -> RedisAddress.parse(url))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageNotContaining("secret");
    }
}
