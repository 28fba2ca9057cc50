package io.tenantry.limits.engine;

import io.smallrye.mutiny.Uni;
import io.tenantry.platform.redis.RedisCalls;
import io.tenantry.platform.redis.RedisScript;
import io.tenantry.platform.redis.RedisUnavailable;
import io.tenantry.platform.redis.TenantRoot;
import io.tenantry.platform.redis.VersionNames;
import io.vertx.redis.client.Command;
import io.vertx.redis.client.Request;
import io.vertx.redis.client.Response;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;

/**
 * Limits kept in Redis, one script call for each step. When Redis does not answer within {@link EngineConfig#timeout()}, or reports an error
 * of its own, calls fail with {@link StoreUnavailable}: what then happens is the admission's decision.
 */
@ApplicationScoped
public class RedisLimitStore implements LimitStore {

    private static final RedisScript RESERVE = RedisScript.load("reserve.v1");
    private static final RedisScript FINISH = RedisScript.load("finish.v1");
    private static final RedisScript LOAD_TOTAL = RedisScript.load("load-total.v1");
    private static final RedisScript RESTORE_HOLDS = RedisScript.load("restore-holds.v1");
    private static final RedisScript RAISE_VERSION = RedisScript.load("raise-version.v1");
    private static final String SETTLED = "S";
    private static final String RELEASED = "R";

    private final RedisCalls redis;
    private final EngineConfig config;
    private final long spendLifetimeMillis;

    RedisLimitStore(RedisCalls redis, EngineConfig config) {
        this.redis = redis;
        this.config = config;
        this.spendLifetimeMillis = config.spendLifetime().toMillis();
    }

    @Override
    public Uni<ReserveResult> reserve(Reservation reservation) {
        var call = new ReserveCall(reservation, spendLifetimeMillis);
        // Asked once more before it counts as away: under the same id nothing is taken twice, and one late answer is no
        // outage.
        return run(RESERVE, call.keys(), call.args())
                .onFailure(StoreUnavailable.class)
                .retry()
                .atMost(1)
                .map(call::result);
    }

    @Override
    public Uni<Boolean> isCurrent(TenantRoot root, List<ObjectVersion> versions) {
        var request = Request.cmd(Command.MGET);
        versions.forEach(version -> request.arg(VersionNames.of(root, version.kind(), version.id())));
        return redis.call(request, config.timeout())
                .onFailure()
                .transform(RedisLimitStore::unavailable)
                .map(known -> allEqual(versions, known));
    }

    private static boolean allEqual(List<ObjectVersion> versions, Response known) {
        for (int i = 0; i < versions.size(); i++) {
            if (known.get(i) == null || known.get(i).toLong() != versions.get(i).version()) {
                return false;
            }
        }
        return true;
    }

    @Override
    public Uni<Void> publish(TenantRoot root, List<ObjectVersion> versions) {
        var raised = versions.stream().map(version -> raise(root, version)).toList();
        return Uni.join().all(raised).andFailFast().replaceWithVoid();
    }

    private Uni<Response> raise(TenantRoot root, ObjectVersion version) {
        return run(
                RAISE_VERSION,
                List.of(VersionNames.of(root, version.kind(), version.id())),
                List.of(String.valueOf(version.version()), String.valueOf(VersionNames.LIFETIME_SECONDS)));
    }

    @Override
    public Uni<Void> load(TenantRoot root, Charge.Money budget, long settledTotal) {
        var args = List.of(String.valueOf(settledTotal), String.valueOf(spendLifetimeMillis));
        return run(LOAD_TOTAL, window(root, budget), args).replaceWithVoid();
    }

    @Override
    public Uni<Void> restore(TenantRoot root, Charge.Money budget, List<OpenHold> holds) {
        var args = new ArrayList<String>();
        args.add(String.valueOf(spendLifetimeMillis));
        for (var hold : holds) {
            args.add(hold.reservationId() + "|" + hold.amount());
            args.add(String.valueOf(micros(hold.expiresAt())));
        }
        return run(RESTORE_HOLDS, window(root, budget), args).replaceWithVoid();
    }

    private static List<String> window(TenantRoot root, Charge.Money budget) {
        return List.of(LimitNames.spend(root, budget), LimitNames.holds(root, budget));
    }

    @Override
    public Uni<Void> settle(TenantRoot root, String reservationId, List<ActualCharge> used) {
        return finish(new FinishCall(root, reservationId, SETTLED, used, spendLifetimeMillis));
    }

    @Override
    public Uni<Void> release(TenantRoot root, String reservationId, List<Charge> charges) {
        var nothingUsed = charges.stream()
                .map(charge -> new ActualCharge(charge, 0, Charge.UNLIMITED))
                .toList();
        return finish(new FinishCall(root, reservationId, RELEASED, nothingUsed, spendLifetimeMillis));
    }

    private Uni<Void> finish(FinishCall call) {
        return run(FINISH, call.keys(), call.args()).replaceWithVoid();
    }

    @Override
    public Uni<String> payloadOf(TenantRoot root, String reservationId) {
        return redis.call(Request.cmd(Command.GET).arg(LimitNames.hold(root, reservationId)), config.timeout())
                .onFailure()
                .transform(RedisLimitStore::unavailable)
                .map(record -> record == null ? null : ReserveCall.payload(record.toString()));
    }

    private Uni<Response> run(RedisScript script, List<String> keys, List<String> args) {
        return redis.run(script, keys, args, config.timeout()).onFailure().transform(RedisLimitStore::unavailable);
    }

    /** An error reply (out of memory, read-only replica, loading) is as good as no answer. */
    private static Throwable unavailable(Throwable failure) {
        return failure instanceof RedisUnavailable
                ? new StoreUnavailable(failure.getMessage())
                : new StoreUnavailable("Redis reported: " + failure.getMessage());
    }

    static long micros(Instant instant) {
        return Math.addExact(Math.multiplyExact(instant.getEpochSecond(), 1_000_000L), instant.getNano() / 1_000);
    }

    static Instant instantOfMicros(long micros) {
        return Instant.ofEpochSecond(Math.floorDiv(micros, 1_000_000L), Math.floorMod(micros, 1_000_000L) * 1_000);
    }
}
