package io.tenantry.limits.engine;

import io.smallrye.mutiny.Multi;
import io.smallrye.mutiny.Uni;
import io.tenantry.platform.redis.RedisCalls;
import io.tenantry.platform.redis.RedisScript;
import io.tenantry.platform.redis.TenantRoot;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** Use that nobody reserved, told to the buckets after the fact: they are overdrawn, and later requests wait for it. */
@ApplicationScoped
public class UnreservedUse {

    private static final RedisScript TAKE = RedisScript.load("balance.v3", "take.v3");

    /** Limits told in one call: a script stays short. */
    private static final int AT_ONCE = 100;

    private final RedisCalls redis;
    private final EngineConfig config;

    UnreservedUse(RedisCalls redis, EngineConfig config) {
        this.redis = redis;
        this.config = config;
    }

    /** Takes each amount from its bucket. Not to be repeated: a second call takes a second time. */
    public Uni<Void> take(TenantRoot root, List<Charge.Rate> used) {
        return Multi.createFrom()
                .iterable(slices(used))
                .onItem()
                .transformToUniAndConcatenate(slice -> takeAtOnce(root, slice))
                .collect()
                .last()
                .replaceWithVoid();
    }

    private Uni<Void> takeAtOnce(TenantRoot root, List<Charge.Rate> used) {
        var call = new ChargesCall(used);
        var packed = call.packed(new Packed(), config.spendLifetime(), Duration.ZERO);
        return redis.run(TAKE, call.names(root), List.of(packed), config.timeout())
                .replaceWithVoid();
    }

    private static List<List<Charge.Rate>> slices(List<Charge.Rate> used) {
        var slices = new ArrayList<List<Charge.Rate>>();
        for (int from = 0; from < used.size(); from += AT_ONCE) {
            slices.add(used.subList(from, Math.min(used.size(), from + AT_ONCE)));
        }
        return slices;
    }
}
