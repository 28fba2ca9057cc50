package io.tenantry.limits.engine;

import io.tenantry.platform.redis.RedisGathering;
import io.tenantry.platform.redis.RedisScript;
import io.tenantry.platform.redis.TenantRoot;
import io.tenantry.platform.redis.VersionNames;
import io.vertx.core.buffer.Buffer;
import io.vertx.redis.client.Response;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * One call of {@code reserve.v3.lua} for reservations of one root: its keys and arguments, and what its answer means. The format is described there.
 *
 * <p>What reservations share is sent once: requests of one key, and mostly those of one tenant, are based on the same rows and ask the same limits.
 */
final class ReserveBatch implements RedisGathering.Batch<ReserveResult> {

    /** Bounds how long one call keeps Redis from everybody else: a few hundred microseconds. */
    static final int MOST = 32;

    private final RedisScript script;
    private final List<Reservation> reservations;
    private final boolean look;
    private final int generation;
    private final Duration spendLifetime;
    private final List<List<ObjectVersion>> policies = new ArrayList<>(2);
    private final List<ObjectVersion> versions = new ArrayList<>();
    private final TermTable table = new TermTable();
    private final List<LimitTerm[]> asked;

    /**
     * @param reservations at most {@link #MOST}, all of one root
     * @param generation   the mark of the generation in which totals count
     */
    ReserveBatch(
            RedisScript script, List<Reservation> reservations, boolean look, int generation, Duration spendLifetime) {
        this.script = script;
        this.reservations = reservations;
        this.look = look;
        this.generation = generation;
        this.spendLifetime = spendLifetime;
        this.asked = new ArrayList<>(reservations.size());
        for (var reservation : reservations) {
            addPolicy(reservation.versions());
            asked.add(table.add(reservation.charges()));
        }
    }

    /** The same list for all requests of one policy: comparing references is enough, and a repetition does no harm. */
    private void addPolicy(List<ObjectVersion> policy) {
        if (positionOf(policy) == policies.size()) {
            policies.add(policy);
            for (var version : policy) {
                if (positionOf(version) == versions.size()) {
                    versions.add(version);
                }
            }
        }
    }

    private int positionOf(List<ObjectVersion> policy) {
        int i = 0;
        while (i < policies.size() && policies.get(i) != policy) {
            i++;
        }
        return i;
    }

    private int positionOf(ObjectVersion wanted) {
        int i = 0;
        while (i < versions.size() && !isSameObject(versions.get(i), wanted)) {
            i++;
        }
        return i;
    }

    private static boolean isSameObject(ObjectVersion one, ObjectVersion other) {
        return one.kind() == other.kind() && one.id().equals(other.id());
    }

    @Override
    public RedisScript script() {
        return script;
    }

    @Override
    public List<String> keys() {
        var root = root();
        var keys = new ArrayList<String>(reservations.size() + versions.size() + table.balances());
        for (var reservation : reservations) {
            keys.add(LimitNames.reservation(root, reservation.id()));
        }
        for (var version : versions) {
            keys.add(VersionNames.of(root, version.kind(), version.id()));
        }
        table.addNames(root, keys);
        return keys;
    }

    private TenantRoot root() {
        return reservations.get(0).root();
    }

    @Override
    public List<Buffer> args() {
        var args = new ArrayList<Buffer>(1 + reservations.size());
        args.add(packed());
        for (var reservation : reservations) {
            args.add(reservation.payload());
        }
        return args;
    }

    private Buffer packed() {
        var packed = new Packed()
                .small(look ? 1 : 0)
                .large(generation)
                .small(reservations.size())
                .medium(versions.size())
                .medium(table.balances());
        table.pack(packed, spendLifetime, longestLease());
        packed.small(policies.size());
        policies.forEach(policy -> add(packed, policy));
        for (int i = 0; i < reservations.size(); i++) {
            add(packed, reservations.get(i), asked.get(i));
        }
        return packed.buffer();
    }

    private Duration longestLease() {
        var longest = Duration.ZERO;
        for (var reservation : reservations) {
            if (reservation.lease().compareTo(longest) > 0) {
                longest = reservation.lease();
            }
        }
        return longest;
    }

    private void add(Packed packed, List<ObjectVersion> policy) {
        packed.small(policy.size());
        for (var version : policy) {
            packed.medium(positionOf(version) + 1).number(version.version());
        }
    }

    private void add(Packed packed, Reservation reservation, LimitTerm[] terms) {
        packed.small(positionOf(reservation.versions()) + 1)
                .number(Leases.micros(reservation.lease()))
                .number(reservation.memory().toMillis())
                .number(Leases.gridMicros(reservation.lease()));
        TermTable.packCharges(packed, terms, reservation.charges());
    }

    @Override
    public List<ReserveResult> results(Response answer) {
        var results = new ArrayList<ReserveResult>(reservations.size());
        for (int i = 0; i < reservations.size(); i++) {
            results.add(ReserveAnswer.read(
                    answer.get(i).toBuffer(), reservations.get(i).charges()));
        }
        return results;
    }
}
