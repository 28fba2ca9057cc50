package io.tenantry.limits.engine;

import io.vertx.core.buffer.Buffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** What {@code reserve.v3.lua} says of one reservation, and what a reservation looks like that Redis remembers. The formats are described there. */
final class ReserveAnswer {

    private static final int TAKEN = 1;
    private static final int REPEATED = 2;
    private static final int SHORT = 0;
    private static final int LOOKED = 3;
    private static final int STALE = -1;
    private static final int FIGURES_PER_CHARGE = 3;
    private static final int NUMBER = 8;
    private static final byte OPEN = 'O';

    /** State, end of lease, how many figures follow. */
    private static final int HEAD = 1 + NUMBER + 2;

    private ReserveAnswer() {}

    static ReserveResult read(Buffer answer, List<Charge> charges) {
        return switch ((int) answer.getDouble(0)) {
            case TAKEN ->
                new ReserveResult.Taken(
                        RedisLimitStore.instantOfMicros(number(answer, 1)), standings(answer, 2 * NUMBER, charges));
            case REPEATED -> repeated(answer.slice(NUMBER, answer.length()));
            case SHORT -> new ReserveResult.Short(standings(answer, 2 * NUMBER, charges));
            case LOOKED -> new ReserveResult.Looked(standings(answer, 2 * NUMBER, charges));
            case STALE -> new ReserveResult.Stale();
            default -> missing(answer, charges);
        };
    }

    private static long number(Buffer buffer, int position) {
        return (long) buffer.getDouble(NUMBER * position);
    }

    private static List<Standing> standings(Buffer answer, int from, List<Charge> charges) {
        var standings = new Standing[charges.size()];
        for (int i = 0; i < standings.length; i++) {
            int at = from + FIGURES_PER_CHARGE * NUMBER * i;
            standings[i] = Standing.of(
                    charges.get(i), (long) answer.getDouble(at), (long) answer.getDouble(at + NUMBER), (long)
                            answer.getDouble(at + 2 * NUMBER));
        }
        return Arrays.asList(standings);
    }

    private static ReserveResult missing(Buffer answer, List<Charge> charges) {
        var budgets = new ArrayList<Charge.Budget>();
        for (int i = 2; NUMBER * i < answer.length(); i++) {
            budgets.add((Charge.Budget) charges.get((int) number(answer, i) - 1));
        }
        return new ReserveResult.TotalsMissing(budgets, number(answer, 1));
    }

    static ReserveResult.Repeated repeated(Buffer record) {
        int count = figuresOf(record);
        var figures = new ArrayList<Long>(count);
        for (int i = 0; i < count; i++) {
            figures.add((long) record.getDouble(HEAD + NUMBER * i));
        }
        return new ReserveResult.Repeated(
                record.getByte(0) == OPEN,
                RedisLimitStore.instantOfMicros((long) record.getDouble(1)),
                figures,
                payload(record));
    }

    private static int figuresOf(Buffer record) {
        return record.getUnsignedShort(1 + NUMBER);
    }

    static Buffer payload(Buffer record) {
        int from = HEAD + NUMBER * figuresOf(record);
        return record.slice(from, record.length());
    }

    /** The standings of a repeated reservation, from the figures that were kept with it; none where it was restored without them. */
    static List<Standing> standings(List<Charge> charges, List<Long> figures) {
        if (figures.size() != FIGURES_PER_CHARGE * charges.size()) {
            return List.of();
        }
        var standings = new ArrayList<Standing>(charges.size());
        for (int i = 0; i < charges.size(); i++) {
            int at = FIGURES_PER_CHARGE * i;
            standings.add(Standing.of(charges.get(i), figures.get(at), figures.get(at + 1), figures.get(at + 2)));
        }
        return standings;
    }

    /** What a store keeps of standings. */
    static List<Long> figures(List<Standing> standings) {
        var figures = new ArrayList<Long>(FIGURES_PER_CHARGE * standings.size());
        for (var standing : standings) {
            figures.add(standing.firstFigure());
            figures.add(standing.secondFigure());
            figures.add(standing.waitMicros());
        }
        return figures;
    }
}
