package io.tenantry.platform.redis;

import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.redis.client.Command;
import io.vertx.redis.client.Request;
import io.vertx.redis.client.Response;
import io.vertx.redis.client.impl.types.ErrorType;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;

/** One event loop's connections: one for each server, made when it is needed. Lives on that event loop, so nothing here is locked. */
final class RedisLanes {

    private static final int MOST_REDIRECTIONS = 5;

    /** Beyond this many servers those that have been asked before are given up: masters come and go, and each keeps a connection. */
    private static final int MOST_SERVERS = 256;

    private final Vertx vertx;
    private final RedisConnector connector;
    private final RedisTopology topology;
    private final RedisConfig config;
    private final Map<RedisEndpoint, RedisLane> lanes = new HashMap<>();
    private RedisEndpoint latestServer;
    private RedisLane latest;

    RedisLanes(Vertx vertx, RedisConnector connector, RedisTopology topology, RedisConfig config) {
        this.vertx = vertx;
        this.connector = connector;
        this.topology = topology;
        this.config = config;
    }

    /** Sends to the server that the request belongs to, and follows where it is sent. Call it on this event loop only. */
    Future<Response> send(Request request, Duration timeout) {
        var server = topology.serverOf(request);
        if (server == null) {
            topology.suspect();
            return Future.failedFuture(new RedisUnavailable("it is not known which Redis server to ask"));
        }
        var answer = to(server).send(request, timeout);
        return topology.hasSeveral()
                ? answer.recover(failure -> follow(failure, request, timeout, MOST_REDIRECTIONS))
                : answer;
    }

    private Future<Response> follow(Throwable failure, Request request, Duration timeout, int redirectionsLeft) {
        if (!(failure instanceof ErrorType error)) {
            topology.suspect();
            return Future.failedFuture(failure);
        }
        var message = String.valueOf(error.getMessage());
        if (message.contains("READONLY")) { // in the middle of the text when a script ran into it
            topology.suspect();
            return Future.failedFuture(new RedisUnavailable("Redis answered READONLY"));
        }
        var words = message.split(" ");
        switch (words[0]) {
            case "MOVED":
                var owner = RedisEndpoint.parse(words[2]);
                topology.moved(Integer.parseInt(words[1]), owner);
                return again(owner, false, request, timeout, redirectionsLeft);
            case "ASK":
                return again(RedisEndpoint.parse(words[2]), true, request, timeout, redirectionsLeft);
            case "CLUSTERDOWN", "TRYAGAIN", "MASTERDOWN", "LOADING":
                topology.suspect();
                return Future.failedFuture(new RedisUnavailable("Redis answered " + words[0]));
            default:
                return Future.failedFuture(failure);
        }
    }

    private Future<Response> again(
            RedisEndpoint server, boolean asking, Request request, Duration timeout, int redirectionsLeft) {
        if (redirectionsLeft == 0) {
            return Future.failedFuture(new RedisUnavailable("Redis servers send us round in circles"));
        }
        var lane = to(server);
        if (asking) {
            lane.send(Request.cmd(Command.ASKING), timeout); // for the next command on this connection only
        }
        return lane.send(request, timeout).recover(failure -> follow(failure, request, timeout, redirectionsLeft - 1));
    }

    private RedisLane to(RedisEndpoint server) {
        if (server != latestServer) {
            if (lanes.size() >= MOST_SERVERS && !lanes.containsKey(server)) {
                lanes.values().forEach(RedisLane::hangUp);
                lanes.clear();
            }
            latest = lanes.computeIfAbsent(server, one -> new RedisLane(vertx, () -> connector.to(one), config));
            latestServer = server;
        }
        return latest;
    }

    /** Ends all connections. */
    void hangUp() {
        lanes.values().forEach(RedisLane::hangUp);
        lanes.clear();
        latestServer = null;
    }
}
