package io.tenantry.platform.redis;

import io.quarkus.tls.TlsConfigurationRegistry;
import io.quarkus.tls.runtime.config.TlsConfigUtils;
import io.vertx.core.Vertx;
import io.vertx.core.net.NetClientOptions;
import io.vertx.redis.client.Redis;
import io.vertx.redis.client.RedisOptions;
import jakarta.enterprise.context.ApplicationScoped;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;

/** Makes clients for single servers. Each is for one connection: whoever gives a server up closes its client, and nothing of it stays. */
@ApplicationScoped
class RedisConnector {

    /** A host that swallows packets: without a bound of our own the attempt would last a minute. */
    private static final Duration CONNECT_TIMEOUT = Duration.ofSeconds(2);

    private final Vertx vertx;
    private final RedisConfig config;
    private final TlsConfigurationRegistry tls;
    private final RedisAddress address;

    RedisConnector(Vertx vertx, RedisConfig config, TlsConfigurationRegistry tls) {
        this.vertx = vertx;
        this.config = config;
        this.tls = tls;
        this.address = RedisAddress.parse(config.url());
    }

    RedisAddress address() {
        return address;
    }

    RedisTopology topology() {
        return switch (address.shape()) {
            case STANDALONE -> new OneServer(address.known().get(0));
            case SENTINEL -> new SentinelMaster(vertx, this, config, address);
            case CLUSTER -> new ClusterShards(vertx, this, config, address);
        };
    }

    /** For one of the servers that keep the data. */
    Redis to(RedisEndpoint server) {
        return client(server, address.user(), address.password(), address.database());
    }

    /** For whoever knows which servers there are: a sentinel has a password of its own. */
    Redis scout(RedisEndpoint server) {
        return address.shape() == RedisAddress.Shape.SENTINEL
                ? client(server, null, config.sentinelPassword().orElse(null), 0)
                : to(server);
    }

    private Redis client(RedisEndpoint server, String user, String password, int database) {
        var options = new RedisOptions()
                .setConnectionString(url(server, user, password, database))
                .setNetClientOptions(net())
                .setMaxPoolSize(1)
                .setMaxPoolWaiting(1)
                .setMaxWaitingHandlers(config.maxInFlight() + 16);
        return Redis.createClient(vertx, options);
    }

    private String url(RedisEndpoint server, String user, String password, int database) {
        var login = password == null ? "" : (user == null ? "" : encoded(user)) + ":" + encoded(password) + "@";
        // No SELECT where none is needed: a sentinel does not know the command.
        return (address.tls() ? "rediss://" : "redis://") + login + server + (database == 0 ? "" : "/" + database);
    }

    private static String encoded(String text) {
        return URLEncoder.encode(text, StandardCharsets.UTF_8).replace("+", "%20");
    }

    private NetClientOptions net() {
        var net = new NetClientOptions()
                .setConnectTimeout((int) CONNECT_TIMEOUT.toMillis())
                .setTcpNoDelay(true)
                .setTcpKeepAlive(true);
        if (address.tls()) {
            net.setSsl(true).setHostnameVerificationAlgorithm("HTTPS");
            config.tls()
                    .ifPresent(name -> TlsConfigUtils.configure(
                            net,
                            tls.get(name)
                                    .orElseThrow(() -> new IllegalStateException("tenantry.redis.tls names '" + name
                                            + "', and there is no quarkus.tls." + name))));
        }
        return net;
    }
}
