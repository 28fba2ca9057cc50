package io.tenantry.limits.engine;

import io.tenantry.platform.redis.RedisGathering;
import io.tenantry.platform.redis.RedisScript;
import io.tenantry.platform.redis.TenantRoot;
import io.vertx.core.buffer.Buffer;
import io.vertx.redis.client.Response;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/** One call of {@code finish.v3.lua} for reservations of one root that end: its keys and arguments, as described there. */
final class FinishBatch implements RedisGathering.Batch<Void> {

    /** Bounds how long one call keeps Redis from everybody else. */
    static final int MOST = 32;

    private final RedisScript script;
    private final TenantRoot root;
    private final List<Ending> endings;
    private final Duration spendLifetime;
    private final TermTable table = new TermTable();
    private final List<LimitTerm[]> terms;

    /**
     * A reservation that ends.
     *
     * @param used     what became of each of its charges; when it is released, none was used
     * @param attempts those that are undone; null where it ends whoever has taken it
     */
    record Ending(String reservationId, State state, List<ActualCharge> used, Attempts attempts) {

        static Ending settled(String reservationId, List<ActualCharge> used) {
            return new Ending(reservationId, State.SETTLED, used, null);
        }

        static Ending released(String reservationId, List<Charge> charges) {
            return new Ending(reservationId, State.RELEASED, unused(charges), null);
        }

        static Ending undone(String reservationId, List<Charge> charges, Attempts attempts) {
            return new Ending(reservationId, State.UNDONE, unused(charges), attempts);
        }

        private static List<ActualCharge> unused(List<Charge> charges) {
            return charges.stream().map(charge -> new ActualCharge(charge, 0)).toList();
        }

        /** How it ends. */
        enum State {
            SETTLED('S'),
            RELEASED('R'),
            UNDONE('U');

            private final int letter;

            State(char letter) {
                this.letter = letter;
            }
        }
    }

    /** @param endings at most {@link #MOST} */
    FinishBatch(RedisScript script, TenantRoot root, List<Ending> endings, Duration spendLifetime) {
        this.script = script;
        this.root = root;
        this.endings = endings;
        this.spendLifetime = spendLifetime;
        this.terms = new ArrayList<>(endings.size());
        for (var ending : endings) {
            terms.add(table.add(
                    ending.used().stream().map(FinishBatch::chargeThatChanges).toList()));
        }
    }

    /** Null for a rate of which as much was used as had been reserved: always so of requests. */
    private static Charge chargeThatChanges(ActualCharge use) {
        return use.reserved() instanceof Charge.Rate && use.correction() == 0 ? null : use.reserved();
    }

    @Override
    public RedisScript script() {
        return script;
    }

    @Override
    public List<String> keys() {
        var keys = new ArrayList<String>(endings.size() + table.balances());
        for (var ending : endings) {
            keys.add(LimitNames.reservation(root, ending.reservationId()));
        }
        table.addNames(root, keys);
        return keys;
    }

    @Override
    public List<Buffer> args() {
        var packed = new Packed().small(endings.size()).medium(table.balances());
        table.pack(packed, spendLifetime, Duration.ZERO);
        for (int i = 0; i < endings.size(); i++) {
            add(packed, endings.get(i), terms.get(i));
        }
        return List.of(packed.buffer());
    }

    private static void add(Packed packed, Ending ending, LimitTerm[] terms) {
        packed.small(ending.state().letter).medium(changing(terms));
        if (ending.attempts() != null) {
            packed.number(ending.attempts().firstMillis())
                    .number(ending.attempts().lastMillis());
        }
        for (int i = 0; i < terms.length; i++) {
            if (terms[i] != null) {
                packed.medium(terms[i].position).medium(i + 1);
                add(packed, ending.used().get(i));
            }
        }
    }

    private static int changing(LimitTerm[] terms) {
        int changing = 0;
        for (var term : terms) {
            changing += term == null ? 0 : 1;
        }
        return changing;
    }

    private static void add(Packed packed, ActualCharge use) {
        if (use.reserved() instanceof Charge.Rate) {
            packed.number(use.correction()).number(0).number(0);
        } else if (use.reserved() instanceof Charge.Budget budget) {
            var total = use.total();
            packed.number(budget.amount())
                    .number(total == null ? Packed.NOTHING : total.amount())
                    .number(total == null ? 0 : total.epoch());
        } else {
            packed.number(0).number(0).number(0);
        }
    }

    @Override
    public List<Void> results(Response answer) {
        return Collections.nCopies(endings.size(), null);
    }
}
