package io.tenantry.identity;

import io.smallrye.mutiny.Uni;
import io.tenantry.core.Problem;
import io.tenantry.core.ProblemCode;
import io.vertx.core.Context;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.RequestOptions;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import org.jboss.logging.Logger;
import org.jose4j.lang.JoseException;

/**
 * The keys that a provider publishes (JWKS). When it does not answer, the last ones that it gave are used; where there are none, fails with
 * AUTH_PROVIDER_UNAVAILABLE. However many ask at once, it is asked once.
 */
final class PublishedKeys implements TokenKeys {

    private static final Logger LOG = Logger.getLogger(PublishedKeys.class);
    /** A token with a made-up key id must not make us ask again and again. */
    private static final long SHORTEST_PAUSE_NANOS = Duration.ofSeconds(10).toNanos();

    private static final int MOST_BYTES = 1 << 20;

    private final Vertx vertx;
    private final HttpClient http;
    private final String location;
    private final long lifetimeNanos;
    private final long timeoutMillis;
    private KeySet known;
    private long fetchedAt;
    private long askedAt;
    private CompletableFuture<KeySet> asking;

    PublishedKeys(Vertx vertx, String location, Duration lifetime, Duration timeout) {
        this.vertx = vertx;
        this.location = location;
        this.lifetimeNanos = lifetime.toNanos();
        this.timeoutMillis = timeout.toMillis();
        this.http = vertx.createHttpClient(
                new HttpClientOptions().setConnectTimeout((int) timeoutMillis).setMaxPoolSize(1));
    }

    @Override
    public Uni<KeySet> of(String keyId) {
        var now = System.nanoTime();
        CompletableFuture<KeySet> answer;
        synchronized (this) {
            if (known != null && (isFresh(now) && known.knows(keyId) || !mayAsk(now) && asking == null)) {
                return Uni.createFrom().item(known);
            }
            if (asking == null) {
                if (!mayAsk(now)) {
                    return Uni.createFrom().failure(away());
                }
                askedAt = now;
                asking = ask();
            }
            answer = asking;
        }
        return back(Vertx.currentContext(), Uni.createFrom().completionStage(() -> answer));
    }

    private boolean isFresh(long now) {
        return now - fetchedAt < lifetimeNanos;
    }

    private boolean mayAsk(long now) {
        return askedAt == 0 || now - askedAt >= SHORTEST_PAUSE_NANOS;
    }

    /** The fetch belongs to whoever asked first; the others go on where they were. */
    private static Uni<KeySet> back(Context context, Uni<KeySet> answer) {
        return context == null ? answer : answer.emitOn(command -> context.runOnContext(ignored -> command.run()));
    }

    private CompletableFuture<KeySet> ask() {
        var answer = new CompletableFuture<KeySet>();
        var deadline = vertx.setTimer(timeoutMillis, timer -> fail(answer, "no answer in " + timeoutMillis + " ms"));
        http.request(new RequestOptions().setMethod(HttpMethod.GET).setAbsoluteURI(location))
                .compose(request ->
                        request.putHeader("accept", "application/json").send())
                .compose(response -> response.statusCode() == 200
                        ? response.body()
                        : io.vertx.core.Future.failedFuture("status " + response.statusCode()))
                .onComplete(done -> {
                    vertx.cancelTimer(deadline);
                    if (done.succeeded()) {
                        read(answer, done.result());
                    } else {
                        fail(answer, done.cause().getMessage());
                    }
                });
        return answer;
    }

    private void read(CompletableFuture<KeySet> answer, Buffer body) {
        try {
            if (body.length() > MOST_BYTES) {
                throw new JoseException("larger than " + MOST_BYTES + " bytes");
            }
            var keys = KeySet.ofJwks(body.toString());
            synchronized (this) {
                known = keys;
                fetchedAt = System.nanoTime();
                asking = null;
            }
            answer.complete(keys);
        } catch (JoseException unreadable) {
            fail(answer, "what it says is no JWKS: " + unreadable.getMessage());
        }
    }

    private void fail(CompletableFuture<KeySet> answer, String why) {
        if (answer.isDone()) {
            return;
        }
        LOG.warnf("The keys at %s cannot be had: %s", location, why);
        KeySet last;
        synchronized (this) {
            last = known;
            asking = null;
        }
        if (last != null) {
            answer.complete(last);
        } else {
            answer.completeExceptionally(away());
        }
    }

    private static Problem away() {
        return Problem.of(ProblemCode.AUTH_PROVIDER_UNAVAILABLE);
    }
}
