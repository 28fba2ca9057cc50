package io.tenantry.platform.redis;

import io.vertx.redis.client.Request;
import java.util.List;

/** A single server. */
record OneServer(RedisEndpoint server) implements RedisTopology {

    static final String SHARD = "instances";

    @Override
    public boolean hasSeveral() {
        return false;
    }

    @Override
    public RedisEndpoint serverOf(Request request) {
        return server;
    }

    @Override
    public List<String> shards() {
        return List.of(SHARD);
    }

    @Override
    public String shardOf(String name) {
        return SHARD;
    }
}
