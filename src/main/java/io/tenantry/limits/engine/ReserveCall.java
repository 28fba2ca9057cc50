package io.tenantry.limits.engine;

import io.tenantry.platform.redis.VersionNames;
import io.vertx.core.buffer.Buffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** One call of {@code reserve.v2.lua}: its keys and arguments, and what its answer means. The format is described there. */
final class ReserveCall {

    private static final int TAKEN = 1;
    private static final int REPEATED = 2;
    private static final int SHORT = 0;
    private static final int LOOKED = 3;
    private static final int STALE = -1;
    private static final int FIGURES_PER_CHARGE = 3;
    private static final int NUMBER = 8;

    private final Reservation reservation;
    private final boolean look;
    private final Balances balances;
    private final Duration spendLifetime;

    ReserveCall(Reservation reservation, boolean look, Duration spendLifetime) {
        this.reservation = reservation;
        this.look = look;
        this.balances = new Balances(reservation.charges());
        this.spendLifetime = spendLifetime;
    }

    List<String> keys() {
        var root = reservation.root();
        var keys = new ArrayList<String>(1 + reservation.versions().size() + balances.groups.size());
        keys.add(LimitNames.reservation(root, reservation.id()));
        for (var version : reservation.versions()) {
            keys.add(VersionNames.of(root, version.kind(), version.id()));
        }
        balances.addNames(root, keys);
        return keys;
    }

    List<Buffer> args() {
        var packed = new Packed()
                .number(Leases.micros(reservation.lease()))
                .number(reservation.memory().toMillis())
                .number(Leases.gridMicros(reservation.lease()))
                .small(look ? 1 : 0)
                .small(reservation.versions().size())
                .small(balances.groups.size());
        for (var version : reservation.versions()) {
            packed.number(version.version());
        }
        packed.reserved(balances, spendLifetime, reservation.lease());
        return List.of(Buffer.buffer(reservation.payload()), packed.buffer());
    }

    ReserveResult result(Buffer answer) {
        return switch ((int) answer.getDouble(0)) {
            case TAKEN ->
                new ReserveResult.Taken(
                        RedisLimitStore.instantOfMicros(number(answer, 1)),
                        standings(figures(answer, 2 * NUMBER, FIGURES_PER_CHARGE * balances.size())));
            case REPEATED -> repeated(answer.slice(NUMBER, answer.length()));
            case SHORT ->
                new ReserveResult.Short(standings(figures(answer, 2 * NUMBER, FIGURES_PER_CHARGE * balances.size())));
            case LOOKED ->
                new ReserveResult.Looked(standings(figures(answer, 2 * NUMBER, FIGURES_PER_CHARGE * balances.size())));
            case STALE -> new ReserveResult.Stale();
            default -> missing(answer);
        };
    }

    private static long number(Buffer buffer, int position) {
        return (long) buffer.getDouble(NUMBER * position);
    }

    private static long[] figures(Buffer buffer, int from, int count) {
        var figures = new long[count];
        for (int i = 0; i < count; i++) {
            figures[i] = (long) buffer.getDouble(from + NUMBER * i);
        }
        return figures;
    }

    private List<Standing> standings(long[] figures) {
        return standings(reservation.charges(), balances, figures);
    }

    private static List<Standing> standings(List<Charge> charges, Balances balances, long[] figures) {
        var standings = new Standing[charges.size()];
        for (int i = 0; i < standings.length; i++) {
            int position = balances.given(i);
            int at = FIGURES_PER_CHARGE * i;
            standings[position] = Standing.of(charges.get(position), figures[at], figures[at + 1], figures[at + 2]);
        }
        return List.of(standings);
    }

    private ReserveResult missing(Buffer answer) {
        var budgets = new ArrayList<Charge.Budget>();
        for (int i = 2; NUMBER * i < answer.length(); i++) {
            int position = balances.given((int) number(answer, i) - 1);
            budgets.add((Charge.Budget) reservation.charges().get(position));
        }
        return new ReserveResult.TotalsMissing(budgets, number(answer, 1));
    }

    private static ReserveResult repeated(Buffer record) {
        int count = figuresOf(record);
        var figures = new ArrayList<Long>(count);
        for (long figure : figures(record, 2 + NUMBER, count)) {
            figures.add(figure);
        }
        return new ReserveResult.Repeated(
                RedisLimitStore.instantOfMicros((long) record.getDouble(1)), figures, payload(record));
    }

    private static int figuresOf(Buffer record) {
        return record.getUnsignedByte(1 + NUMBER);
    }

    static String payload(Buffer record) {
        int from = 2 + NUMBER + NUMBER * figuresOf(record);
        return record.getString(from, record.length(), StandardCharsets.UTF_8.name());
    }

    /** The standings of a repeated reservation, from the figures that were kept with it; none where it was restored without them. */
    static List<Standing> standings(List<Charge> charges, List<Long> figures) {
        if (figures.size() != FIGURES_PER_CHARGE * charges.size()) {
            return List.of();
        }
        var numbers = figures.stream().mapToLong(Long::longValue).toArray();
        return standings(charges, new Balances(charges), numbers);
    }

    /** The figures of standings, in the scripts' order. */
    static List<Long> figures(List<Charge> charges, List<Standing> standings) {
        var balances = new Balances(charges);
        var figures = new ArrayList<Long>();
        for (int i = 0; i < charges.size(); i++) {
            var standing = standings.get(balances.given(i));
            figures.add(standing.firstFigure());
            figures.add(standing.secondFigure());
            figures.add(standing.waitMicros());
        }
        return figures;
    }
}
