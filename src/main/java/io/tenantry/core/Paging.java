package io.tenantry.core;

/**
 * Pages as clients ask for them: by number. Rows before a page are skipped one by one, if only in an index, so pages end somewhere; and totals
 * are counted as far as pages go, so that no total promises a page that is not answered.
 */
public final class Paging {

    /** The last row that a page may reach, and the most that a total says. Skipping as many costs about ten milliseconds. */
    public static final int DEEPEST_ROW = 100_000;

    private Paging() {}

    /**
     * Fails with INVALID_VALUE for a page that reaches beyond {@link #DEEPEST_ROW}.
     *
     * @param remedy how to reach those rows, as a command
     */
    public static void requireReachable(int page, int size, String remedy) {
        if ((long) page * size > DEEPEST_ROW) {
            throw Problem.of(ProblemCode.INVALID_VALUE)
                    .param("page")
                    .detail("Pages end after %d rows: %s", DEEPEST_ROW, remedy);
        }
    }

    /** How many rows a page of this number skips. */
    public static long skipped(int page, int size) {
        return (long) (page - 1) * size;
    }

    /** Whether this page is the last one, so that nothing has to be counted to know the total. */
    public static boolean isLast(int page, int size, int found) {
        return found < size && (found > 0 || page == 1);
    }
}
