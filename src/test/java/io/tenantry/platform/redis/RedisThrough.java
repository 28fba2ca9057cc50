package io.tenantry.platform.redis;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.vertx.core.Vertx;
import java.lang.reflect.Proxy;

/** Calls to Redis by way of another port, on connections of their own. */
public final class RedisThrough {

    private RedisThrough() {}

    public static RedisCalls port(int port, Vertx vertx, RedisConfig like) {
        var config = (RedisConfig) Proxy.newProxyInstance(
                RedisConfig.class.getClassLoader(),
                new Class<?>[] {RedisConfig.class},
                (proxy, method, args) ->
                        method.getName().equals("url") ? "redis://127.0.0.1:" + port : method.invoke(like, args));
        return new RedisCalls(vertx, new RedisConnector(vertx, config, null), config, new SimpleMeterRegistry());
    }
}
