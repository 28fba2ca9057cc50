package io.tenantry.limits.engine;

import io.tenantry.platform.redis.VersionNames;
import io.vertx.redis.client.Response;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/** One call of {@code reserve.v1.lua}: its keys and arguments, and what its answer means. The format is described there. */
final class ReserveCall {

    private static final int TAKEN = 1;
    private static final int REPEATED = 2;
    private static final int SHORT = 0;
    private static final int STALE = -1;
    private static final int FIGURES_PER_CHARGE = 2;
    private static final int FIELDS_PER_SHORTAGE = 4;

    private final Reservation reservation;
    private final ChargeGroups groups;
    private final long spendLifetimeMillis;

    ReserveCall(Reservation reservation, long spendLifetimeMillis) {
        this.reservation = reservation;
        this.groups = new ChargeGroups(reservation.charges());
        this.spendLifetimeMillis = spendLifetimeMillis;
    }

    List<String> keys() {
        var root = reservation.root();
        var keys = new ArrayList<String>(1 + reservation.versions().size() + 2 * groups.size());
        keys.add(LimitNames.hold(root, reservation.id()));
        reservation.versions().forEach(version -> keys.add(VersionNames.of(root, version.kind(), version.id())));
        groups.addNames(root, keys);
        return keys;
    }

    List<String> args() {
        var args = new ArrayList<String>(9 + reservation.versions().size() + 4 * groups.size());
        args.add(reservation.id());
        args.add(Long.toString(reservation.lease().toNanos() / 1_000));
        args.add(Long.toString(reservation.memory().toMillis()));
        args.add(reservation.payload());
        args.add(Integer.toString(reservation.versions().size()));
        args.add(Integer.toString(groups.rates.size()));
        args.add(Integer.toString(groups.slots.size()));
        args.add(Integer.toString(groups.money.size()));
        args.add(lifetimeMillis());
        reservation.versions().forEach(version -> args.add(Long.toString(version.version())));
        groups.rates.forEach(rate -> {
            args.add(Long.toString(rate.amount()));
            ChargeGroups.addRule(args, rate.rule());
        });
        groups.slots.forEach(slot -> args.add(Long.toString(slot.most())));
        groups.money.forEach(budget -> {
            args.add(Long.toString(budget.amount()));
            args.add(Long.toString(budget.most()));
        });
        return args;
    }

    /** Holds must be there as long as their lease, whatever the lifetime of an idle window is set to. */
    private String lifetimeMillis() {
        return Long.toString(
                Math.max(spendLifetimeMillis, 2 * reservation.lease().toMillis()));
    }

    ReserveResult result(Response answer) {
        return switch (answer.get(0).toInteger()) {
            case TAKEN -> taken(answer);
            case REPEATED -> repeated(answer.get(1).toString());
            case SHORT -> new ReserveResult.Short(shortages(answer));
            case STALE -> new ReserveResult.Stale();
            default -> new ReserveResult.TotalsMissing(missing(answer));
        };
    }

    private ReserveResult taken(Response answer) {
        var standings = new Standing[groups.size()];
        for (int i = 0; i < standings.length; i++) {
            var charge = reservation.charges().get(groups.given(i));
            long first = answer.get(2 + FIGURES_PER_CHARGE * i).toLong();
            long second = answer.get(3 + FIGURES_PER_CHARGE * i).toLong();
            standings[groups.given(i)] = standing(charge, first, second, 0);
        }
        return new ReserveResult.Taken(
                RedisLimitStore.instantOfMicros(answer.get(1).toLong()), List.of(standings));
    }

    private List<Standing> shortages(Response answer) {
        record At(int position, Standing standing) {}
        var found = new ArrayList<At>();
        for (int i = 1; i + FIELDS_PER_SHORTAGE <= answer.size(); i += FIELDS_PER_SHORTAGE) {
            int position = groups.given(answer.get(i).toInteger() - 1);
            var charge = reservation.charges().get(position);
            long first = answer.get(i + 2).toLong();
            long second = answer.get(i + 3).toLong();
            found.add(new At(
                    position, standing(charge, first, second, answer.get(i + 1).toLong())));
        }
        found.sort(Comparator.comparingInt(At::position));
        return found.stream().map(At::standing).toList();
    }

    private List<Charge.Money> missing(Response answer) {
        var budgets = new ArrayList<Charge.Money>();
        for (int i = 1; i < answer.size(); i++) {
            int position = groups.given(answer.get(i).toInteger() - 1);
            budgets.add((Charge.Money) reservation.charges().get(position));
        }
        return budgets;
    }

    /** What the script's two figures of a charge mean. */
    static Standing standing(Charge charge, long first, long second, long waitMicros) {
        if (charge instanceof Charge.Money money) {
            long remaining = money.most() == Charge.UNLIMITED ? Charge.UNLIMITED : money.most() - first - second;
            return new Standing(charge, remaining, first, second, 0, waitMicros);
        }
        return charge instanceof Charge.Slot
                ? new Standing(charge, first, second, 0, 0, waitMicros)
                : new Standing(charge, first, 0, 0, second, waitMicros);
    }

    private static ReserveResult repeated(String record) {
        var parts = record.split(";", 4);
        var figures = parts[2].isEmpty()
                ? List.<Long>of()
                : Stream.of(parts[2].split(",")).map(Long::parseLong).toList();
        return new ReserveResult.Repeated(RedisLimitStore.instantOfMicros(Long.parseLong(parts[1])), figures, parts[3]);
    }

    static String payload(String record) {
        return record.split(";", 4)[3];
    }

    /** The standings of a repeated reservation, from the figures that were kept with it and the charges of its payload. */
    static List<Standing> standings(List<Charge> charges, List<Long> figures) {
        var groups = new ChargeGroups(charges);
        var standings = new Standing[charges.size()];
        for (int i = 0; i < standings.length; i++) {
            var charge = charges.get(groups.given(i));
            standings[groups.given(i)] =
                    standing(charge, figures.get(FIGURES_PER_CHARGE * i), figures.get(FIGURES_PER_CHARGE * i + 1), 0);
        }
        return List.of(standings);
    }
}
