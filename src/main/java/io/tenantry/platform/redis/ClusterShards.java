package io.tenantry.platform.redis;

import io.vertx.core.Vertx;
import io.vertx.redis.client.Command;
import io.vertx.redis.client.Request;
import io.vertx.redis.client.Response;
import io.vertx.redis.client.impl.RequestImpl;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import org.jboss.logging.Logger;

/**
 * A cluster: who owns which slot. A request goes to the owner of its first name's slot; all names of a request share a hash tag.
 *
 * <p>Each master is asked over connections of its own, so that a dead or frozen one concerns nobody but the tenants that live there.
 */
final class ClusterShards implements RedisTopology {

    private static final Logger LOG = Logger.getLogger(ClusterShards.class);

    private final RedisAddress address;
    private final RedisScout scout;
    private volatile View view = new View(new RedisEndpoint[RedisSlots.COUNT], Map.of());

    /** @param tags by owner: a hash tag that lives there */
    private record View(RedisEndpoint[] owners, Map<RedisEndpoint, String> tags) {}

    ClusterShards(Vertx vertx, RedisConnector connector, RedisConfig config, RedisAddress address) {
        this.address = address;
        var question = Request.cmd(Command.CLUSTER).arg("SLOTS");
        this.scout = new RedisScout(vertx, connector, config, this::candidates, question, this::read);
    }

    /** Those that own something are asked before those that the operator named. */
    private List<RedisEndpoint> candidates() {
        var candidates = new LinkedHashSet<>(view.tags().keySet());
        candidates.addAll(address.known());
        return new ArrayList<>(candidates);
    }

    private boolean read(RedisEndpoint asked, Response answer) {
        var owners = new RedisEndpoint[RedisSlots.COUNT];
        for (var range : answer) {
            var node = range.get(2);
            var host = node.get(0) == null ? "" : node.get(0).toString();
            var owner = new RedisEndpoint(
                    host.isEmpty() ? asked.host() : host, node.get(1).toInteger());
            for (int slot = range.get(0).toInteger(); slot <= range.get(1).toInteger(); slot++) {
                owners[slot] = owner;
            }
        }
        if (answer.size() == 0) {
            return false; // not part of the cluster any more
        }
        publish(owners);
        return true;
    }

    private synchronized void publish(RedisEndpoint[] owners) {
        var tags = tags(owners);
        if (!tags.keySet().equals(view.tags().keySet())) {
            LOG.infof("The Redis cluster's masters are %s", tags.keySet());
        }
        view = new View(owners, tags);
    }

    /** The first of {@code instances}, {@code instances-1}, {@code instances-2}, … that lives with each owner. */
    private static Map<RedisEndpoint, String> tags(RedisEndpoint[] owners) {
        var wanted = new LinkedHashSet<RedisEndpoint>();
        for (var owner : owners) {
            if (owner != null) {
                wanted.add(owner);
            }
        }
        var tags = new LinkedHashMap<RedisEndpoint, String>();
        for (int n = 0; tags.size() < wanted.size() && n < RedisSlots.COUNT; n++) {
            var tag = n == 0 ? OneServer.SHARD : OneServer.SHARD + "-" + n;
            var owner = owners[RedisSlots.of(tag)];
            if (owner != null) {
                tags.putIfAbsent(owner, tag);
            }
        }
        return tags;
    }

    @Override
    public void open() {
        scout.open();
    }

    @Override
    public void close() {
        scout.close();
    }

    /** A request without a name can be asked of anybody. */
    @Override
    public RedisEndpoint serverOf(Request request) {
        var now = view;
        var names = ((RequestImpl) request).keys();
        if (!names.isEmpty()) {
            return now.owners()[RedisSlots.of(names.get(0))];
        }
        return now.tags().keySet().stream().findFirst().orElse(null);
    }

    @Override
    public synchronized void moved(int slot, RedisEndpoint to) {
        var owners = view.owners().clone();
        owners[slot] = to;
        view = new View(owners, view.tags());
        scout.look();
    }

    @Override
    public void suspect() {
        scout.look();
    }

    @Override
    public List<String> shards() {
        return List.copyOf(view.tags().values());
    }

    @Override
    public String shardOf(String name) {
        var now = view;
        var owner = now.owners()[RedisSlots.of(name)];
        return owner == null ? OneServer.SHARD : now.tags().getOrDefault(owner, OneServer.SHARD);
    }
}
