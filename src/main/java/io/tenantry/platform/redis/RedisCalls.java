package io.tenantry.platform.redis;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.netty.channel.EventLoop;
import io.quarkus.runtime.ShutdownEvent;
import io.quarkus.runtime.StartupEvent;
import io.smallrye.mutiny.Uni;
import io.smallrye.mutiny.subscription.UniEmitter;
import io.vertx.core.AsyncResult;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.impl.ContextInternal;
import io.vertx.core.impl.VertxInternal;
import io.vertx.redis.client.Command;
import io.vertx.redis.client.Request;
import io.vertx.redis.client.Response;
import jakarta.annotation.Priority;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import java.util.function.Function;

/**
 * Calls to Redis: each on the caller's own event loop, each with a deadline. A call that cannot be answered in time fails with {@link
 * RedisUnavailable}; an error that Redis itself reports fails with its own type.
 */
@ApplicationScoped
public class RedisCalls {

    private final Vertx vertx;
    private final RedisConnector connector;
    private final RedisTopology topology;
    private final RedisConfig config;
    private final Counter roundTrips;
    private final ConcurrentHashMap<EventLoop, RedisLanes> lanes = new ConcurrentHashMap<>();

    RedisCalls(Vertx vertx, RedisConnector connector, RedisConfig config, MeterRegistry metrics) {
        this.vertx = vertx;
        this.connector = connector;
        this.topology = connector.topology();
        this.config = config;
        this.roundTrips = Counter.builder("tenantry.redis.round.trips")
                .description("Calls sent to Redis")
                .register(metrics);
    }

    /** Connects ahead of the first request: opening a connection takes longer than an admission may wait. */
    void warmUp(@Observes @Priority(100) StartupEvent start) {
        topology.open();
        for (var executor : ((VertxInternal) vertx).getEventLoopGroup()) {
            var context = contextOn((EventLoop) executor);
            context.runOnContext(ready -> send(context, Request.cmd(Command.PING), config.timeout()));
        }
    }

    /** A context that belongs to nobody's request. */
    ContextInternal contextOn(EventLoop loop) {
        return ((VertxInternal) vertx).createEventLoopContext(loop, null, null);
    }

    void close(@Observes @Priority(Integer.MAX_VALUE) ShutdownEvent stop) {
        topology.close();
        lanes.forEach((loop, connections) -> loop.execute(connections::hangUp));
    }

    /** Parts of Redis that can lose their data independently of each other: a hash tag that lives in each. */
    List<String> shards() {
        return topology.shards();
    }

    /** The one of {@link #shards()} in which this name lives. */
    String shardOf(String name) {
        return topology.shardOf(name);
    }

    /** Runs the script by its digest, and by its source where Redis does not remember it (a restart, a failover). Arguments are sent as they are. */
    public Uni<Response> run(RedisScript script, List<String> keys, List<Buffer> args, Duration timeout) {
        return answeredOnCallersLoop(context -> send(context, script, keys, args, timeout));
    }

    /** As {@link #run}, from the context's event loop and answered there. */
    Future<Response> send(
            ContextInternal context, RedisScript script, List<String> keys, List<Buffer> args, Duration timeout) {
        return send(context, evalSha(script, keys, args), timeout)
                .recover(failure -> isForgotten(failure)
                        ? send(context, eval(script, keys, args), timeout)
                        : Future.failedFuture(failure));
    }

    /** A single command. */
    public Uni<Response> call(Request request, Duration timeout) {
        return answeredOnCallersLoop(context -> send(context, request, timeout));
    }

    /** The deadline of calls that are not an admission's. */
    public Duration patientTimeout() {
        return config.timeout();
    }

    private Future<Response> send(ContextInternal context, Request request, Duration timeout) {
        roundTrips.increment();
        return lanes.computeIfAbsent(
                        context.nettyEventLoop(), loop -> new RedisLanes(vertx, connector, topology, config))
                .send(request, timeout);
    }

    /** Sends from the caller's event loop, and answers there, in the caller's own context. */
    private Uni<Response> answeredOnCallersLoop(Function<ContextInternal, Future<Response>> call) {
        return Uni.createFrom()
                .emitter(emitter -> onCallersLoop(context -> call.apply(context)
                        .onComplete(answer -> context.dispatch(answer, done -> tell(emitter, done)))));
    }

    /** On the caller's event loop, with its context; from a thread that has none, on any. */
    void onCallersLoop(Consumer<ContextInternal> action) {
        var context = ((VertxInternal) vertx).getOrCreateContext();
        onItsEventLoop(context, () -> action.accept(context));
    }

    private static void tell(UniEmitter<? super Response> emitter, AsyncResult<Response> answer) {
        if (answer.succeeded()) {
            emitter.complete(answer.result());
        } else {
            emitter.fail(answer.cause());
        }
    }

    private static void onItsEventLoop(ContextInternal context, Runnable action) {
        if (context.nettyEventLoop().inEventLoop()) {
            action.run();
        } else {
            context.nettyEventLoop().execute(() -> context.dispatch(action));
        }
    }

    private static boolean isForgotten(Throwable failure) {
        return !(failure instanceof RedisUnavailable)
                && failure.getMessage() != null
                && failure.getMessage().startsWith("NOSCRIPT");
    }

    private static Request evalSha(RedisScript script, List<String> keys, List<Buffer> args) {
        return filled(Request.cmd(Command.EVALSHA).arg(script.sha1()), keys, args);
    }

    private static Request eval(RedisScript script, List<String> keys, List<Buffer> args) {
        return filled(Request.cmd(Command.EVAL).arg(script.source()), keys, args);
    }

    private static Request filled(Request request, List<String> keys, List<Buffer> args) {
        request.arg(keys.size());
        keys.forEach(request::arg);
        args.forEach(request::arg);
        return request;
    }
}
