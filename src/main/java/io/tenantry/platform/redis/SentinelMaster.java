package io.tenantry.platform.redis;

import io.vertx.core.Vertx;
import io.vertx.redis.client.Command;
import io.vertx.redis.client.Request;
import io.vertx.redis.client.Response;
import java.util.List;
import org.jboss.logging.Logger;

/** A master that sentinels watch. The first sentinel that answers is believed. */
final class SentinelMaster implements RedisTopology {

    private static final Logger LOG = Logger.getLogger(SentinelMaster.class);

    private final RedisScout scout;
    private volatile RedisEndpoint master;

    SentinelMaster(Vertx vertx, RedisConnector connector, RedisConfig config, RedisAddress address) {
        var question =
                Request.cmd(Command.SENTINEL).arg("get-master-addr-by-name").arg(address.master());
        this.scout = new RedisScout(vertx, connector, config, address::known, question, this::read);
    }

    private boolean read(RedisEndpoint sentinel, Response answer) {
        if (answer == null || answer.size() < 2) {
            return false; // this one does not know the name
        }
        var found = new RedisEndpoint(answer.get(0).toString(), answer.get(1).toInteger());
        if (!found.equals(master)) {
            LOG.infof("The Redis master is %s", found);
            master = found;
        }
        return true;
    }

    @Override
    public void open() {
        scout.open();
    }

    @Override
    public void close() {
        scout.close();
    }

    @Override
    public RedisEndpoint serverOf(Request request) {
        return master;
    }

    @Override
    public void suspect() {
        scout.look();
    }

    @Override
    public List<String> shards() {
        return List.of(OneServer.SHARD);
    }

    @Override
    public String shardOf(String name) {
        return OneServer.SHARD;
    }
}
