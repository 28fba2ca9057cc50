package io.tenantry.testing;

import java.util.regex.Pattern;
import java.util.stream.IntStream;

/** Counts what the service sends to PostgreSQL; a batch, which is one round trip, counts once. */
public final class Statements {

    private static final Pattern COMPLETED = Pattern.compile("postgresql_completed_total\\{[^}]*} ([0-9.E]+)");

    private Statements() {}

    /** The fewest of three calls: jobs that run beside them only add. */
    public static long of(Runnable call) {
        return IntStream.range(0, 3).mapToLong(run -> once(call)).min().orElseThrow();
    }

    private static long once(Runnable call) {
        long before = completed();
        call.run();
        return completed() - before;
    }

    private static long completed() {
        return COMPLETED
                .matcher(Api.asNobody().get("/q/metrics").asString())
                .results()
                .mapToLong(match -> (long) Double.parseDouble(match.group(1)))
                .sum();
    }
}
