package io.tenantry.admission;

import io.tenantry.admission.OpenAdmission.End;
import java.security.SecureRandom;
import java.time.Instant;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import java.util.function.Predicate;
import java.util.stream.Stream;

/**
 * The open admissions that were remembered last, by their ids. Bounded: where there is no room, the oldest are forgotten. A cache that keeps what is asked
 * for most would turn the newest away once it is full of old ones, which somebody else has settled.
 *
 * <p>What is found is as it was then; who has to see what becomes of it {@linkplain #watch watches} it.
 */
final class RecentAdmissions {

    private static final int MOST_SHARDS = 8;
    private static final int LEAST_OF_SHARD = 1_024;

    private final Shard[] shards;
    private final long seed = new SecureRandom().nextLong();

    /** @param most how many admissions, about; fewer where their ids are very long */
    RecentAdmissions(int most) {
        int count = Math.max(1, Integer.highestOneBit(Math.min(MOST_SHARDS, most / LEAST_OF_SHARD)));
        shards = Stream.generate(() -> new Shard(Math.max(1, most / count)))
                .limit(count)
                .toArray(Shard[]::new);
    }

    void put(String id, OpenAdmission admission) {
        var key = key(id);
        shard(key).put(key, admission);
    }

    /** Null when it is not remembered, or has ended. */
    OpenAdmission find(String id) {
        var key = key(id);
        return shard(key).find(key);
    }

    /** It has ended, and whoever is about to do something with it can see that. */
    void end(String id, End how) {
        var key = key(id);
        shard(key).end(key, id, how);
    }

    /** The lease was renewed, and so it is as good as new: also where it is just being put back. */
    void renew(String id, Instant expiresAt) {
        var key = key(id);
        shard(key).renew(key, id, expiresAt);
    }

    /** Until it is {@linkplain #unwatch unwatched}, it tells how it ends and when it is renewed. Null when it is not remembered, or has ended. */
    OpenAdmission watch(String id) {
        var key = key(id);
        return shard(key).watch(key, id);
    }

    /** All that are such, by their ids. */
    Map<String, OpenAdmission> watchAll(Predicate<OpenAdmission> such) {
        var all = new HashMap<String, OpenAdmission>();
        Arrays.stream(shards).forEach(shard -> shard.watchAll(such, all));
        return all;
    }

    void unwatch(Collection<String> ids) {
        ids.forEach(id -> shard(key(id)).unwatch(id));
    }

    private RememberedId key(String id) {
        return RememberedId.of(id, seed);
    }

    /** By the uppermost bits: a table's buckets go by the lower ones. */
    private Shard shard(RememberedId key) {
        return shards[key.hash() >>> 28 & shards.length - 1];
    }

    /** Event loops wait for each other here alone, and for no more than a microsecond, but for the walk after a loss. */
    private static final class Shard {

        private final OpenTable table;
        private final Map<String, Watched> watched = new HashMap<>();

        Shard(int most) {
            table = new OpenTable(most);
        }

        synchronized void put(RememberedId key, OpenAdmission admission) {
            table.put(key, admission);
        }

        synchronized OpenAdmission find(RememberedId key) {
            return table.find(key);
        }

        synchronized void end(RememberedId key, String id, End how) {
            table.remove(key);
            if (isWatched(id)) {
                watched.get(id).admission.end(how);
            }
        }

        synchronized void renew(RememberedId key, String id, Instant expiresAt) {
            var known = table.find(key);
            if (known != null) {
                known.renew(expiresAt);
                table.put(key, known);
            }
            if (isWatched(id)) {
                watched.get(id).admission.renew(expiresAt);
            }
        }

        private boolean isWatched(String id) {
            return !watched.isEmpty() && watched.containsKey(id);
        }

        synchronized OpenAdmission watch(RememberedId key, String id) {
            var known = table.find(key);
            return known == null ? null : watch(id, known);
        }

        synchronized void watchAll(Predicate<OpenAdmission> such, Map<String, OpenAdmission> all) {
            table.forEach((id, admission) -> {
                if (such.test(admission)) {
                    all.put(id, watch(id, admission));
                }
            });
        }

        private OpenAdmission watch(String id, OpenAdmission admission) {
            var watch = watched.computeIfAbsent(id, first -> new Watched(admission));
            watch.watchers++;
            return watch.admission;
        }

        synchronized void unwatch(String id) {
            if (--watched.get(id).watchers == 0) {
                watched.remove(id);
            }
        }
    }

    private static final class Watched {

        private final OpenAdmission admission;
        private int watchers;

        Watched(OpenAdmission admission) {
            this.admission = admission;
        }
    }
}
