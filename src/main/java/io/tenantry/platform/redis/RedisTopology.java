package io.tenantry.platform.redis;

import io.vertx.redis.client.Request;
import java.util.List;

/** Which server to ask. What it knows may be outdated: callers say what they ran into, and it looks again. */
interface RedisTopology {

    /** Looks for the first time. */
    default void open() {}

    default void close() {}

    /** Whether more than one server can ever answer. With one there is nothing to look up and nothing to follow. */
    default boolean hasSeveral() {
        return true;
    }

    /** The server that this request belongs to; null while none is known. */
    RedisEndpoint serverOf(Request request);

    /** A server said that a slot has moved. */
    default void moved(int slot, RedisEndpoint to) {}

    /** A server did not answer, or says that it is not the one to ask. */
    default void suspect() {}

    /**
     * Parts that can lose their data independently of each other: a hash tag that lives in each. The same for all instances while slots stay
     * where they are.
     */
    List<String> shards();

    /** The one of {@link #shards()} in which this name lives. */
    String shardOf(String name);
}
