package io.tenantry.limits.engine;

import io.tenantry.core.ResourceKind;
import io.vertx.core.buffer.Buffer;
import java.time.Instant;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** What an {@link InMemoryLimitStore} knows of one root. Guarded by its own monitor. */
final class LocalTenant {

    final Map<VersionKey, Long> versions = new HashMap<>();
    final Map<LimitRef, Bucket> buckets = new HashMap<>();
    final Map<LimitRef, Map<String, Long>> slots = new HashMap<>();
    final Map<WindowKey, Window> windows = new HashMap<>();
    final LinkedHashMap<String, Remembered> reservations = new LinkedHashMap<>();

    Window window(Charge.Budget budget) {
        return windows.computeIfAbsent(WindowKey.of(budget), key -> new Window());
    }

    enum State {
        OPEN,
        SETTLED,
        RELEASED
    }

    static final class Remembered {
        State state = State.OPEN;
        Instant expiresAt;
        final List<Long> figures;
        final Buffer payload;
        long forgottenAtMicros;

        Remembered(Instant expiresAt, List<Long> figures, Buffer payload, long forgottenAtMicros) {
            this.expiresAt = expiresAt;
            this.figures = figures;
            this.payload = payload;
            this.forgottenAtMicros = forgottenAtMicros;
        }

        /** What was released was never used, and what lapsed holds nothing any more: the same request is taken anew. */
        boolean mayComeBack(long now) {
            return state == State.RELEASED || (state == State.OPEN && RedisLimitStore.micros(expiresAt) <= now);
        }

        boolean isOpenBefore(Instant end) {
            return state == State.OPEN && expiresAt.isBefore(end);
        }

        ReserveResult.Repeated asRepeated() {
            return new ReserveResult.Repeated(state == State.OPEN, expiresAt, figures, payload);
        }

        /** What was put back took nothing of its bucket, which began anew, and gives nothing back. */
        boolean corrects(int position, ActualCharge use) {
            return use.correction() > 0 || use.correction() < 0 && hasFiguresOf(position);
        }

        private boolean hasFiguresOf(int position) {
            return 3 * position + 2 < figures.size();
        }

        /** Whether the charge would have been refused, and took nothing since its limit is in shadow mode. */
        boolean tookNothing(int position, Charge.Rate rate) {
            return rate.shadow() && hasFiguresOf(position) && figures.get(3 * position + 2) != 0;
        }
    }

    record VersionKey(ResourceKind kind, String id) {}

    record WindowKey(LimitRef limit, Instant start, Instant end) {
        static WindowKey of(Charge.Budget budget) {
            return new WindowKey(
                    budget.limit(), budget.window().start(), budget.window().end());
        }
    }

    record Held(long amount, long endsMicros) {}

    static final class Window {

        SettledTotal total = new SettledTotal(0, Packed.NOTHING);
        boolean known;
        long version;
        final Map<String, Held> holds = new HashMap<>();

        /** Whether a hold's lease ended and nobody settled it: then the total may lack its use. */
        boolean isDoubtful(long now) {
            return holds.values().stream().anyMatch(hold -> hold.endsMicros() <= now);
        }

        void dropEnded(long asOf) {
            holds.values().removeIf(hold -> hold.endsMicros() <= asOf);
        }

        /** Microseconds until leases have ended that hold so much. */
        long freeing(long amount, long now) {
            long left = amount;
            var firstToEnd = holds.values().stream()
                    .sorted(Comparator.comparingLong(Held::endsMicros))
                    .toList();
            for (var hold : firstToEnd) {
                left -= hold.amount();
                if (left <= 0) {
                    return hold.endsMicros() - now;
                }
            }
            return Standing.NEVER;
        }

        long held(long now) {
            return holds.values().stream()
                    .filter(hold -> hold.endsMicros() > now)
                    .mapToLong(Held::amount)
                    .sum();
        }
    }
}
