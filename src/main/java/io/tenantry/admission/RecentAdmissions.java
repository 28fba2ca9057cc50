package io.tenantry.admission;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.LongSupplier;
import java.util.stream.Stream;

/**
 * The open admissions that were remembered last, by their ids. Bounded: there are two generations, and when the younger one is full, or a lease old, the
 * older one is forgotten as a whole. So nothing is forgotten within its lease while fewer than half of the most are remembered after it.
 *
 * <p>A cache that keeps what is asked for most would turn the newest away once it is full of old ones, which somebody else has settled.
 */
final class RecentAdmissions {

    private final int mostOfGeneration;
    private final long leaseNanos;
    private final LongSupplier nanoTime;
    private volatile Generations generations;

    private record Generations(
            Map<String, OpenAdmission> young, AtomicInteger size, Map<String, OpenAdmission> old, long sinceNanos) {

        /** Wherever it is: a generation that has just become the older one is the same map. */
        OpenAdmission find(String id) {
            var found = young.get(id);
            return found == null ? old.get(id) : found;
        }

        /** Both where it is in both: a request that is repeated is remembered once more. */
        void end(String id, OpenAdmission.End how) {
            end(removeYoung(id), how);
            end(old.remove(id), how);
        }

        private static void end(OpenAdmission removed, OpenAdmission.End how) {
            if (removed != null) {
                removed.end(how);
            }
        }

        private OpenAdmission removeYoung(String id) {
            var removed = young.remove(id);
            if (removed != null) {
                size.decrementAndGet();
            }
            return removed;
        }
    }

    RecentAdmissions(int most, Duration lease, LongSupplier nanoTime) {
        this.mostOfGeneration = Math.max(1, most / 2);
        this.leaseNanos = lease.toNanos();
        this.nanoTime = nanoTime;
        this.generations = after(new ConcurrentHashMap<>());
    }

    private Generations after(Map<String, OpenAdmission> old) {
        return new Generations(new ConcurrentHashMap<>(), new AtomicInteger(), old, nanoTime.getAsLong());
    }

    void put(String id, OpenAdmission admission) {
        var now = generations;
        if (now.size().get() >= mostOfGeneration || nanoTime.getAsLong() - now.sinceNanos() > leaseNanos) {
            now = next(now);
        }
        if (now.young().put(id, admission) == null) {
            now.size().incrementAndGet();
        }
    }

    private synchronized Generations next(Generations full) {
        if (generations == full) {
            generations = after(full.young());
        }
        return generations;
    }

    /** Null when it is not remembered. */
    OpenAdmission find(String id) {
        return generations.find(id);
    }

    /** It has ended, and whoever is about to do something with it can see that. */
    void end(String id, OpenAdmission.End how) {
        generations.end(id, how);
    }

    /** The lease was renewed, and so it is as good as new: also where it is just being put back. */
    void renew(String id, Instant expiresAt) {
        var known = find(id);
        if (known != null) {
            known.renew(expiresAt);
            put(id, known);
            if (known.hasEnded()) {
                end(id, known.howEnded()); // between the two
            }
        }
    }

    /** As of now. */
    List<Map.Entry<String, OpenAdmission>> all() {
        var now = generations;
        return Stream.concat(now.old().entrySet().stream(), now.young().entrySet().stream())
                .toList();
    }
}
