package io.tenantry.admission;

/**
 * How long answers are: a histogram over steps that grow by a quarter of their power of two, so a percentile is at most a quarter too high
 * and never too low. Old answers fade: at {@link #MOST_WEIGHT} everything is halved. 336 bytes, whatever it has seen.
 */
final class OutputDistribution {

    private static final int STEPS = 80;
    private static final float MOST_WEIGHT = 512;

    private final float[] weights = new float[STEPS];
    private float total;
    private int samples;

    synchronized void add(long tokens) {
        weights[step(tokens)]++;
        total++;
        samples++;
        if (total >= MOST_WEIGHT) {
            fade();
        }
    }

    private void fade() {
        total = 0;
        for (int i = 0; i < STEPS; i++) {
            weights[i] /= 2;
            total += weights[i];
        }
        samples = (int) MOST_WEIGHT;
    }

    synchronized int samples() {
        return samples;
    }

    /** As many tokens as this share of the answers stayed within, rounded up to the end of the step. */
    synchronized long percentile(double share) {
        double wanted = total * share - 1e-3;
        double sum = 0;
        for (int i = 0; i < STEPS; i++) {
            sum += weights[i];
            if (sum >= wanted && sum > 0) {
                return lastOf(i);
            }
        }
        return lastOf(STEPS - 1);
    }

    /** Each number below eight has a step of its own; above, each power of two has four. */
    static int step(long tokens) {
        if (tokens < 4) {
            return (int) Math.max(0, tokens);
        }
        int exponent = 63 - Long.numberOfLeadingZeros(tokens);
        int step = 4 * (exponent - 1) + (int) (tokens >> (exponent - 2) & 3);
        return Math.min(step, STEPS - 1);
    }

    static long lastOf(int step) {
        if (step < 4) {
            return step;
        }
        int exponent = step / 4 + 1;
        return ((5L + step % 4) << (exponent - 2)) - 1;
    }
}
