import io.github.bucket4j.Bandwidth;
import io.github.bucket4j.BucketConfiguration;
import io.github.bucket4j.distributed.AsyncBucketProxy;
import io.github.bucket4j.distributed.ExpirationAfterWriteStrategy;
import io.github.bucket4j.redis.lettuce.Bucket4jLettuce;
import io.lettuce.core.RedisClient;
import io.lettuce.core.RedisURI;
import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.codec.ByteArrayCodec;
import io.lettuce.core.codec.RedisCodec;
import io.lettuce.core.codec.StringCodec;
import io.lettuce.core.event.command.CommandListener;
import io.lettuce.core.event.command.CommandStartedEvent;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;

/**
 * The same job by other means: {@code java -cp CLASSPATH bench/peers/Peers.java PORT bucket4j|two-calls CALLERS TENANTS SECONDS REQUESTS TIGHT}. Eight limits
 * on four levels: requests and tokens on key, team and organization, money on member and team. CALLERS decide at the same time, each one after another,
 * for as many TENANTS in turn.
 *
 * <p>With TIGHT 0 the limits are so high that nothing is refused, and it runs for SECONDS; else the team may have TIGHT requests a minute, and
 * REQUESTS are tried. Nothing of HTTP, JSON, identity or a ledger is in the way here: what is measured is the limiter and Redis.
 */
public final class Peers {

    private static final long PLENTY = 50_000_000_000L; // bucket4j refills at most one a nanosecond
    private static final int MOST_TIMES = 5_000_000;

    /** What one request takes of one limit; the limit is per minute. */
    private record Limit(String name, long perMinute, long amount) {}

    /** Whether the request may pass. */
    private interface Limiter {
        CompletionStage<Boolean> decide();
    }

    private final AtomicLong begun = new AtomicLong();
    private final AtomicLong admitted = new AtomicLong();
    private final AtomicLong refused = new AtomicLong();
    private final AtomicLong failed = new AtomicLong();
    private final AtomicLong commands = new AtomicLong();
    private final long[] micros = new long[MOST_TIMES];
    private final AtomicLong timed = new AtomicLong();
    private volatile long endNanos;
    private volatile long most;

    public static void main(String[] args) throws InterruptedException {
        new Peers().run(
                Integer.parseInt(args[0]), args[1], Integer.parseInt(args[2]), Integer.parseInt(args[3]),
                Integer.parseInt(args[4]), Long.parseLong(args[5]), Long.parseLong(args[6]));
    }

    private void run(int port, String peer, int callers, int tenants, int seconds, long requests, long tight)
            throws InterruptedException {
        var client = RedisClient.create(RedisURI.create("127.0.0.1", port));
        client.addListener(new CommandListener() {
            @Override
            public void commandStarted(CommandStartedEvent event) {
                commands.incrementAndGet();
            }
        });
        try {
            var limiters = new ArrayList<Limiter>();
            for (int i = 0; i < tenants; i++) {
                var limits = limits(peer + "-" + System.nanoTime() + "-" + i, tight == 0 ? PLENTY : tight);
                limiters.add(peer.equals("bucket4j") ? bucket4j(client, limits) : twoCalls(client, limits));
            }
            if (tight == 0) {
                measure(limiters, callers, Math.max(1, seconds / 2), Long.MAX_VALUE); // compiles
            } else {
                awaitEarlyInMinute();
            }
            report(measure(limiters, callers, seconds, tight == 0 ? Long.MAX_VALUE : requests));
        } finally {
            client.shutdown();
        }
    }

    private static List<Limit> limits(String run, long teamRequests) {
        return List.of(
                new Limit(run + ":key:requests", PLENTY, 1),
                new Limit(run + ":key:tokens", PLENTY, 1500),
                new Limit(run + ":member:money", PLENTY, 8_250),
                new Limit(run + ":team:requests", teamRequests, 1),
                new Limit(run + ":team:tokens", PLENTY, 1500),
                new Limit(run + ":team:money", PLENTY, 8_250),
                new Limit(run + ":organization:requests", PLENTY, 1),
                new Limit(run + ":organization:tokens", PLENTY, 1500));
    }

    /** One bucket for each limit; all are asked at once, and what was taken is given back when one refuses. */
    private static Limiter bucket4j(RedisClient client, List<Limit> limits) {
        var connection = client.connect(RedisCodec.of(ByteArrayCodec.INSTANCE, ByteArrayCodec.INSTANCE));
        var buckets = Bucket4jLettuce.casBasedBuilder(connection)
                .expirationAfterWrite(
                        ExpirationAfterWriteStrategy.basedOnTimeForRefillingBucketUpToMax(Duration.ofMinutes(1)))
                .build()
                .asAsync();
        var proxies = new ArrayList<AsyncBucketProxy>();
        for (var limit : limits) {
            var configuration = BucketConfiguration.builder()
                    .addLimit(Bandwidth.builder()
                            .capacity(limit.perMinute())
                            .refillGreedy(limit.perMinute(), Duration.ofMinutes(1))
                            .build())
                    .build();
            proxies.add(buckets.builder()
                    .build(limit.name().getBytes(StandardCharsets.UTF_8), () -> CompletableFuture.completedFuture(configuration)));
        }
        return () -> {
            var taken = new ArrayList<CompletableFuture<Boolean>>();
            for (int i = 0; i < proxies.size(); i++) {
                taken.add(proxies.get(i).tryConsume(limits.get(i).amount()));
            }
            return all(taken).thenCompose(all -> taken.stream().allMatch(CompletableFuture::join)
                    ? CompletableFuture.completedFuture(true)
                    : giveBack(proxies, limits, taken));
        };
    }

    private static CompletionStage<Boolean> giveBack(
            List<AsyncBucketProxy> proxies, List<Limit> limits, List<CompletableFuture<Boolean>> taken) {
        var given = new ArrayList<CompletableFuture<Void>>();
        for (int i = 0; i < taken.size(); i++) {
            if (taken.get(i).join()) {
                given.add(proxies.get(i).addTokens(limits.get(i).amount()));
            }
        }
        return all(given).thenApply(done -> false);
    }

    private static CompletableFuture<Void> all(List<? extends CompletableFuture<?>> futures) {
        return CompletableFuture.allOf(futures.toArray(CompletableFuture[]::new));
    }

    /** Counters of this minute: read them all, decide, add to them all. Between the two calls others do the same. */
    private static Limiter twoCalls(RedisClient client, List<Limit> limits) {
        StatefulRedisConnection<String, String> connection = client.connect(StringCodec.ASCII);
        var redis = connection.async();
        return () -> {
            long minute = System.currentTimeMillis() / 60_000;
            var names = limits.stream().map(limit -> limit.name() + ":" + minute).toArray(String[]::new);
            return redis.mget(names).thenCompose(read -> {
                for (int i = 0; i < names.length; i++) {
                    long used = read.get(i).hasValue() ? Long.parseLong(read.get(i).getValue()) : 0;
                    if (used + limits.get(i).amount() > limits.get(i).perMinute()) {
                        return CompletableFuture.completedFuture(false);
                    }
                }
                var added = new ArrayList<CompletableFuture<?>>();
                for (int i = 0; i < names.length; i++) {
                    added.add(redis.incrby(names[i], limits.get(i).amount()).toCompletableFuture());
                    added.add(redis.expire(names[i], 120).toCompletableFuture());
                }
                return all(added).thenApply(done -> true);
            });
        };
    }

    private long measure(List<Limiter> limiters, int callers, int seconds, long requests) throws InterruptedException {
        Stream.of(begun, admitted, refused, failed, commands, timed).forEach(count -> count.set(0));
        long start = System.nanoTime();
        endNanos = start + TimeUnit.SECONDS.toNanos(seconds);
        most = requests;
        var ended = new CountDownLatch(callers);
        for (int i = 0; i < callers; i++) {
            next(limiters.get(i % limiters.size()), ended);
        }
        ended.await(seconds + 30, TimeUnit.SECONDS);
        return System.nanoTime() - start;
    }

    private void next(Limiter limiter, CountDownLatch ended) {
        long now = System.nanoTime();
        if (now - endNanos >= 0 || begun.incrementAndGet() > most) {
            ended.countDown();
            return;
        }
        limiter.decide().whenCompleteAsync((passed, failure) -> {
            count(passed, failure, System.nanoTime() - now);
            next(limiter, ended);
        });
    }

    private void count(Boolean passed, Throwable failure, long took) {
        (failure != null ? failed : passed ? admitted : refused).incrementAndGet();
        int position = (int) timed.getAndIncrement();
        if (position < MOST_TIMES) {
            micros[position] = took / 1_000;
        }
    }

    private void report(long tookNanos) {
        int known = (int) Math.min(timed.get(), MOST_TIMES);
        Arrays.sort(micros, 0, known);
        System.out.printf(
                Locale.ROOT,
                "rate=%.0f p50_us=%d p99_us=%d admitted=%d refused=%d errors=%d millis=%d commands_x100=%d%n",
                timed.get() * 1e9 / tookNanos,
                micros[known / 2],
                micros[(int) (known * 0.99)],
                admitted.get(),
                refused.get(),
                failed.get(),
                tookNanos / 1_000_000,
                commands.get() * 100 / Math.max(1, timed.get()));
    }

    /** A window of this minute must not end in between. */
    private static void awaitEarlyInMinute() throws InterruptedException {
        while (System.currentTimeMillis() / 1_000 % 60 > 40) {
            TimeUnit.MILLISECONDS.sleep(200);
        }
    }
}
