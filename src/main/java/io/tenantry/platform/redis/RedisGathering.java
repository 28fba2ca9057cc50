package io.tenantry.platform.redis;

import io.netty.channel.EventLoop;
import io.smallrye.mutiny.Uni;
import io.smallrye.mutiny.subscription.UniEmitter;
import io.vertx.core.Future;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.impl.ContextInternal;
import io.vertx.redis.client.Response;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Asks Redis several things of one kind and one tenant root in one call. On each event loop one call for a root is under way at a time; what is asked
 * meanwhile goes into the next one. Nobody waits for company: what is asked first leaves at the end of the event loop's turn, so an idle service
 * calls as if there were no gathering, and a busy one shares each call among all who wait.
 *
 * <p>When Redis does not answer a call, what has gathered behind it fails with it: waiting once more would double every deadline. What waits is
 * bounded; beyond it {@link #ask} fails with {@link RedisUnavailable}.
 *
 * @param <T> what is asked
 * @param <R> what is answered
 */
public final class RedisGathering<T, R> {

    /** Turns what has gathered into one call of one script, and its answer into theirs. */
    public interface Kind<T, R> {

        /** For at least one and at most {@code most} items. */
        Batch<R> batch(TenantRoot root, List<T> items);
    }

    /** One call. */
    public interface Batch<R> {

        RedisScript script();

        List<String> keys();

        List<Buffer> args();

        /** One for each item, in their order. */
        List<R> results(Response answer);
    }

    private final RedisCalls redis;
    private final Kind<T, R> kind;
    private final int most;
    private final int mostWaiting;
    private final Duration timeout;
    private final Map<EventLoop, Loop> loops = new ConcurrentHashMap<>();

    /**
     * @param most        items in one call: bounds how long it keeps Redis from everybody else
     * @param mostWaiting items that may wait on one event loop
     * @param timeout     of a call
     */
    public RedisGathering(RedisCalls redis, Kind<T, R> kind, int most, int mostWaiting, Duration timeout) {
        this.redis = redis;
        this.kind = kind;
        this.most = most;
        this.mostWaiting = mostWaiting;
        this.timeout = timeout;
    }

    /** Fails with {@link RedisUnavailable} when Redis does not answer in time, with Redis' own error otherwise. */
    public Uni<R> ask(TenantRoot root, T item) {
        return Uni.createFrom()
                .emitter(emitter -> redis.onCallersLoop(context -> loops.computeIfAbsent(
                                context.nettyEventLoop(), loop -> new Loop(redis.contextOn(loop)))
                        .add(root, new Waiting<>(item, context, emitter))));
    }

    private record Waiting<T, R>(T item, ContextInternal context, UniEmitter<? super R> emitter) {

        void complete(R result) {
            context.dispatch(result, emitter::complete);
        }

        void fail(Throwable failure) {
            context.dispatch(failure, emitter::fail);
        }
    }

    /** What waits on one event loop. Lives on it, so nothing here is locked. */
    private final class Loop {

        private final ContextInternal context;
        private final Map<TenantRoot, ArrayDeque<Waiting<T, R>>> queues = new HashMap<>();
        private int waiting;

        Loop(ContextInternal context) {
            this.context = context;
        }

        void add(TenantRoot root, Waiting<T, R> added) {
            if (waiting >= mostWaiting) {
                added.fail(new RedisUnavailable("too many calls are waiting for Redis"));
                return;
            }
            waiting++;
            var queue = queues.get(root);
            if (queue == null) {
                queue = new ArrayDeque<>();
                queues.put(root, queue);
                context.nettyEventLoop().execute(() -> context.dispatch(() -> send(root)));
            }
            queue.add(added);
        }

        /** A root has a queue as long as a call for it is due or under way. */
        private void send(TenantRoot root) {
            var items = next(queues.get(root));
            if (items.isEmpty()) {
                queues.remove(root);
                return;
            }
            Batch<R> batch;
            Future<Response> call;
            try {
                batch = kind.batch(root, items.stream().map(Waiting::item).toList());
                call = redis.send(context, batch.script(), batch.keys(), batch.args(), timeout);
            } catch (RuntimeException defect) {
                items.forEach(item -> item.fail(defect));
                send(root);
                return;
            }
            call.onComplete(answer -> {
                if (answer.succeeded()) {
                    answer(items, batch, answer.result());
                } else {
                    fail(root, items, answer.cause());
                }
                send(root);
            });
        }

        private List<Waiting<T, R>> next(ArrayDeque<Waiting<T, R>> queue) {
            var items = new ArrayList<Waiting<T, R>>(Math.min(most, queue.size()));
            while (items.size() < most && !queue.isEmpty()) {
                items.add(queue.poll());
            }
            waiting -= items.size();
            return items;
        }

        private void answer(List<Waiting<T, R>> items, Batch<R> batch, Response answer) {
            List<R> results;
            try {
                results = batch.results(answer);
            } catch (RuntimeException defect) {
                items.forEach(item -> item.fail(defect));
                return;
            }
            for (int i = 0; i < items.size(); i++) {
                items.get(i).complete(results.get(i));
            }
        }

        private void fail(TenantRoot root, List<Waiting<T, R>> items, Throwable failure) {
            var failed = new ArrayList<>(items);
            if (failure instanceof RedisUnavailable) {
                var queue = queues.get(root);
                waiting -= queue.size();
                failed.addAll(queue);
                queue.clear();
            }
            failed.forEach(item -> item.fail(failure));
        }
    }
}
