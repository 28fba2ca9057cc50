package io.tenantry.admission;

/**
 * An admission's id as {@link OpenTable} compares it.
 *
 * @param hash not to be foreseen: request ids come from outside, and nobody shall find some that all meet in one bucket
 */
record RememberedId(long[] packed, int length, int hash) {

    private static final long ODD = 0x9e3779b97f4a7c15L;

    /** @param seed of all ids that are compared, drawn by lot */
    static RememberedId of(String id, long seed) {
        var packed = PackedText.ofAscii(id);
        return new RememberedId(packed, id.length(), hash(packed, seed));
    }

    /** Both halves of the product with each number, as in wyhash: one multiplication for eight characters. */
    private static int hash(long[] numbers, long seed) {
        long hash = seed;
        for (long number : numbers) {
            hash = folded(hash ^ number, ODD);
        }
        return (int) (hash ^ hash >>> 32);
    }

    private static long folded(long one, long other) {
        return one * other ^ Math.multiplyHigh(one, other);
    }
}
