package io.tenantry.platform.redis;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RedisSlotsTest {

    /** As {@code CLUSTER KEYSLOT} says. */
    @ParameterizedTest
    @CsvSource({"123456789, 12739", "foo, 12182", "bar, 5061", "hello, 866", "'', 0"})
    void a_name_lives_where_redis_says(String name, int slot) {
        assertThat(RedisSlots.of(name)).isEqualTo(slot);
    }

    @Test
    void only_the_first_hash_tag_counts_and_an_empty_one_does_not() {
        assertThat(RedisSlots.of("t1:{foo}:x{bar}")).isEqualTo(RedisSlots.of("foo"));
        assertThat(RedisSlots.of("{foo")).isNotEqualTo(RedisSlots.of("foo"));
        assertThat(RedisSlots.of("a{}{foo}")).isNotEqualTo(RedisSlots.of("foo"));
    }
}
