package io.tenantry.platform.redis;

import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.redis.client.Request;
import io.vertx.redis.client.Response;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BiFunction;
import java.util.function.Supplier;

/**
 * Looks at how the servers stand to each other: now and then, and at once when somebody ran into something. One look at a time, each on
 * connections of its own that are closed afterwards, so that a server that hangs holds nothing up.
 */
final class RedisScout {

    private final Vertx vertx;
    private final RedisConnector connector;
    private final RedisConfig config;
    private final Supplier<List<RedisEndpoint>> candidates;
    private final Request question;
    private final BiFunction<RedisEndpoint, Response, Boolean> reader;
    private final AtomicBoolean looking = new AtomicBoolean();
    private volatile boolean wanted;
    private volatile boolean closed;
    private long timer = -1;

    /** @param reader takes an answer; false when it is of no use and the next candidate has to be asked */
    RedisScout(
            Vertx vertx,
            RedisConnector connector,
            RedisConfig config,
            Supplier<List<RedisEndpoint>> candidates,
            Request question,
            BiFunction<RedisEndpoint, Response, Boolean> reader) {
        this.vertx = vertx;
        this.connector = connector;
        this.config = config;
        this.candidates = candidates;
        this.question = question;
        this.reader = reader;
    }

    void open() {
        look();
        timer = vertx.setPeriodic(config.topologyInterval().toMillis(), tick -> look());
    }

    void close() {
        closed = true;
        vertx.cancelTimer(timer);
    }

    /** Looks now. While a look is under way, another one follows it. */
    void look() {
        wanted = true;
        if (closed || !looking.compareAndSet(false, true)) {
            return;
        }
        wanted = false;
        ask(candidates.get(), 0).onComplete(done -> {
            // A pause, because whoever runs into something runs into it many times.
            vertx.setTimer(config.topologyPause().toMillis(), rested -> {
                looking.set(false);
                if (wanted || done.failed()) {
                    look();
                }
            });
        });
    }

    private Future<Void> ask(List<RedisEndpoint> servers, int next) {
        if (next >= servers.size()) {
            return Future.failedFuture(new RedisUnavailable("nobody knows which servers there are"));
        }
        var server = servers.get(next);
        return ask(server)
                .compose(
                        answer -> reader.apply(server, answer) ? Future.succeededFuture() : ask(servers, next + 1),
                        failure -> ask(servers, next + 1));
    }

    private Future<Response> ask(RedisEndpoint server) {
        var client = connector.scout(server);
        Promise<Response> answer = Promise.promise();
        long deadline = vertx.setTimer(
                config.timeout().toMillis(), late -> answer.tryFail(new RedisUnavailable("no answer in time")));
        client.connect().compose(connection -> connection.send(question)).onComplete(done -> {
            if (done.succeeded()) {
                answer.tryComplete(done.result());
            } else {
                answer.tryFail(done.cause());
            }
        });
        return answer.future().onComplete(done -> {
            vertx.cancelTimer(deadline);
            client.close();
        });
    }
}
