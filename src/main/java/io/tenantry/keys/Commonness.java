package io.tenantry.keys;

/**
 * How many keys have a part of an alias in common, by a sample. The database takes every part for equally rare; but what many have is soon met when
 * keys are looked at one by one, while the index of parts would gather all of them, and what few have the other way round.
 */
record Commonness(long lookedAt, long found) {

    private static final long MOST_SAMPLED = 300;

    static final Commonness UNKNOWN = new Commonness(MOST_SAMPLED, 0);

    /** By token, since tokens are random; the first of each range are looked at. */
    static final String SAMPLE = " order by k.secret_hash limit " + MOST_SAMPLED;

    /** One in a hundred and fifty: a page of a hundred is full after fifteen thousand. */
    private static final int COMMON_FOR_A_PAGE = 150;

    /** One in twenty: the ten thousand that are counted are met among two hundred thousand. */
    private static final int COMMON_FOR_A_COUNT = 20;

    /** Whether a page is read in the order of the list, instead of being found and then sorted. */
    boolean readsInOrder() {
        return isAll() || found * COMMON_FOR_A_PAGE >= lookedAt;
    }

    /** Whether counting does without the index of parts. */
    boolean countsOneByOne() {
        return isAll() || found * COMMON_FOR_A_COUNT >= lookedAt;
    }

    /** Looking at all of them once more costs less than anything else. */
    private boolean isAll() {
        return lookedAt < MOST_SAMPLED;
    }
}
