package io.tenantry.limits.engine;

import io.smallrye.mutiny.Uni;
import io.tenantry.core.ResourceKind;
import io.tenantry.platform.redis.LiveInstances;
import io.tenantry.platform.redis.RedisCalls;
import io.tenantry.platform.redis.RedisGathering;
import io.tenantry.platform.redis.RedisScript;
import io.tenantry.platform.redis.RedisUnavailable;
import io.tenantry.platform.redis.TenantRoot;
import io.tenantry.platform.redis.VersionNames;
import io.vertx.core.buffer.Buffer;
import io.vertx.redis.client.Command;
import io.vertx.redis.client.Request;
import io.vertx.redis.client.Response;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.function.ToIntFunction;
import java.util.function.UnaryOperator;

/**
 * Limits kept in Redis, one script call for each step. When Redis does not answer within {@link EngineConfig#timeout()}, or reports an error
 * of its own, calls fail with {@link StoreUnavailable}: what then happens is the admission's decision.
 */
@ApplicationScoped
public class RedisLimitStore implements LimitStore {

    private static final String BALANCE = "balance.v3";

    /** On one event loop. More would not be decided before their callers give up. */
    private static final int MOST_WAITING = 4_096;

    private final RedisCalls redis;
    private final EngineConfig config;
    private final Duration spendLifetime;
    private final ToIntFunction<TenantRoot> generation;
    private final RedisScript reserve;
    private final RedisScript loadTotal;
    private final RedisScript restore;
    private final RedisScript extend;
    private final RedisScript raiseVersion;
    private final RedisGathering<Reservation, ReserveResult> reservations;
    private final RedisGathering<FinishBatch.Ending, Void> endings;

    @Inject
    RedisLimitStore(RedisCalls redis, EngineConfig config, LiveInstances instances) {
        this(redis, config, instances::markOf, UnaryOperator.identity());
    }

    /**
     * @param generation the mark of the generation in which what lies under a root counts
     * @param asRun      what becomes of a script before it is used: tests put a clock of their own into it
     */
    RedisLimitStore(
            RedisCalls redis,
            EngineConfig config,
            ToIntFunction<TenantRoot> generation,
            UnaryOperator<RedisScript> asRun) {
        this.redis = redis;
        this.config = config;
        this.generation = generation;
        this.spendLifetime = config.spendLifetime();
        this.reserve = asRun.apply(RedisScript.load(BALANCE, "reserve.v3"));
        this.loadTotal = asRun.apply(RedisScript.load(BALANCE, "load-total.v2"));
        this.restore = asRun.apply(RedisScript.load(BALANCE, "restore.v3"));
        this.extend = asRun.apply(RedisScript.load(BALANCE, "extend.v3"));
        this.raiseVersion = asRun.apply(RedisScript.load("raise-version.v1"));
        this.reservations = new RedisGathering<>(
                redis,
                (root, gathered) ->
                        new ReserveBatch(reserve, gathered, false, generation.applyAsInt(root), spendLifetime),
                ReserveBatch.MOST,
                MOST_WAITING,
                config.timeout());
        var finish = asRun.apply(RedisScript.load(BALANCE, "finish.v3"));
        this.endings = new RedisGathering<>(
                redis,
                (root, gathered) -> new FinishBatch(finish, root, gathered, spendLifetime),
                FinishBatch.MOST,
                MOST_WAITING,
                config.timeout());
    }

    @Override
    public Uni<ReserveResult> reserve(Reservation reservation) {
        // Asked once more before it counts as away: under the same id nothing is taken twice, and one late answer is no
        // outage.
        return reservations
                .ask(reservation.root(), reservation)
                .onFailure()
                .transform(RedisLimitStore::unavailable)
                .onFailure(StoreUnavailable.class)
                .retry()
                .atMost(1);
    }

    @Override
    public Uni<ReserveResult> look(Reservation reservation) {
        int mark = generation.applyAsInt(reservation.root());
        var batch = new ReserveBatch(reserve, List.of(reservation), true, mark, spendLifetime);
        return run(reserve, batch.keys(), batch.args())
                .map(answer -> batch.results(answer).get(0));
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
    public Uni<Long> versionOf(TenantRoot root, ResourceKind kind, String id) {
        return redis.call(Request.cmd(Command.GET).arg(VersionNames.of(root, kind, id)), config.timeout())
                .onFailure()
                .transform(RedisLimitStore::unavailable)
                .map(version -> version == null ? null : version.toLong());
    }

    @Override
    public Uni<Void> publish(TenantRoot root, List<ObjectVersion> versions) {
        var raised = versions.stream().map(version -> raise(root, version)).toList();
        return Uni.join().all(raised).andFailFast().replaceWithVoid();
    }

    private Uni<Response> raise(TenantRoot root, ObjectVersion version) {
        return run(
                raiseVersion,
                List.of(VersionNames.of(root, version.kind(), version.id())),
                List.of(text(version.version()), text(VersionNames.LIFETIME_SECONDS)));
    }

    private static Buffer text(long number) {
        return Buffer.buffer(Long.toString(number));
    }

    @Override
    public Uni<Void> load(TenantRoot root, Charge.Budget budget, SettledTotal total, long asOfMicros) {
        var packed = new Packed()
                .number(Math.max(1_000, spendLifetime.toMillis()))
                .small(budget.limit().kind().tag)
                .window(budget)
                .number(total.amount())
                .number(total.epoch())
                .number(asOfMicros)
                .large(generation.applyAsInt(root))
                .number(budget.version());
        return run(loadTotal, List.of(LimitNames.balance(root, budget.limit())), List.of(packed.buffer()))
                .replaceWithVoid();
    }

    @Override
    public Uni<Void> restore(OpenReservation open) {
        var call = new ChargesCall(open.charges());
        var own = new Packed()
                .number(micros(open.expiresAt()))
                .number(open.memory().toMillis());
        return run(
                        restore,
                        call.names(open.root(), LimitNames.reservation(open.root(), open.id())),
                        List.of(open.payload(), call.packed(own, spendLifetime, open.memory())))
                .replaceWithVoid();
    }

    @Override
    public Uni<Optional<Instant>> extend(
            TenantRoot root, String reservationId, List<Charge> charges, Duration lease, Duration memory) {
        var call = new ChargesCall(charges);
        var own = new Packed()
                .number(Leases.micros(lease))
                .number(memory.toMillis())
                .number(Leases.gridMicros(lease));
        return run(
                        extend,
                        call.names(root, LimitNames.reservation(root, reservationId)),
                        List.of(call.packed(own, spendLifetime, lease)))
                .map(answer -> (long) answer.toBuffer().getDouble(0))
                .map(ends -> ends == 0 ? Optional.empty() : Optional.of(instantOfMicros(ends)));
    }

    @Override
    public Uni<Void> settle(TenantRoot root, String reservationId, List<ActualCharge> used) {
        return end(root, FinishBatch.Ending.settled(reservationId, used));
    }

    @Override
    public Uni<Void> release(TenantRoot root, String reservationId, List<Charge> charges) {
        return end(root, FinishBatch.Ending.released(reservationId, charges));
    }

    @Override
    public Uni<Void> undo(TenantRoot root, String reservationId, List<Charge> charges, Attempts attempts) {
        return end(root, FinishBatch.Ending.undone(reservationId, charges, attempts));
    }

    private Uni<Void> end(TenantRoot root, FinishBatch.Ending ending) {
        return endings.ask(root, ending).onFailure().transform(RedisLimitStore::unavailable);
    }

    @Override
    public Uni<ReserveResult.Repeated> remembered(TenantRoot root, String reservationId) {
        return record(root, reservationId)
                .map(record -> record == null ? null : ReserveAnswer.repeated(record.toBuffer()));
    }

    @Override
    public Uni<Buffer> payloadOf(TenantRoot root, String reservationId) {
        return record(root, reservationId)
                .map(record -> record == null ? null : ReserveAnswer.payload(record.toBuffer()));
    }

    private Uni<Response> record(TenantRoot root, String reservationId) {
        return redis.call(Request.cmd(Command.GET).arg(LimitNames.reservation(root, reservationId)), config.timeout())
                .onFailure()
                .transform(RedisLimitStore::unavailable);
    }

    private Uni<Response> run(RedisScript script, List<String> keys, List<Buffer> args) {
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
