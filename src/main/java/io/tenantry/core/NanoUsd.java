package io.tenantry.core;

import java.math.BigDecimal;
import java.math.RoundingMode;

/** Money in billionths of a US dollar. Exact in storage and sums; becomes a decimal only where it is shown. */
public record NanoUsd(long value) implements Comparable<NanoUsd> {

    public static final NanoUsd ZERO = new NanoUsd(0);

    private static final int DIGITS = 9;
    private static final long NANOS = 1_000_000_000;

    /**
     * Rounds up to a whole nano-dollar: we never charge less than the price.
     *
     * @throws ArithmeticException when the amount exceeds about nine billion dollars
     */
    public static NanoUsd ofUsd(BigDecimal usd) {
        // An exponent such as 1e-999999999 costs the sender nothing; rescaling it would take all of our memory.
        if (usd.precision() - (long) usd.scale() < -DIGITS) {
            return new NanoUsd(usd.signum() > 0 ? 1 : 0);
        }
        return new NanoUsd(
                usd.movePointRight(DIGITS).setScale(0, RoundingMode.CEILING).longValueExact());
    }

    /** As {@link #ofUsd(BigDecimal)} for a limit that may be absent. */
    public static Long nanosOrNull(BigDecimal usd) {
        return usd == null ? null : ofUsd(usd).value;
    }

    /** The wire form of a stored amount that may be absent. */
    public static BigDecimal usdOrNull(Long nanos) {
        return nanos == null ? null : new NanoUsd(nanos).toUsd();
    }

    /** US dollars without trailing zeros, but never in exponent form for whole amounts: {@code 100}, {@code 0.000125}. */
    public BigDecimal toUsd() {
        var usd = BigDecimal.valueOf(value, DIGITS).stripTrailingZeros();
        return usd.scale() < 0 ? usd.setScale(0) : usd;
    }

    /** {@link #toUsd} in plain digits, without the detour through a decimal: {@code 100}, {@code 0.000125}. */
    public String toDecimal() {
        long whole = value / NANOS;
        long rest = Math.abs(value % NANOS);
        if (rest == 0) {
            return Long.toString(whole);
        }
        var digits = Long.toString(NANOS + rest);
        int last = digits.length();
        while (digits.charAt(last - 1) == '0') {
            last--;
        }
        return (value < 0 && whole == 0 ? "-0." : whole + ".") + digits.substring(1, last);
    }

    public NanoUsd plus(NanoUsd other) {
        return new NanoUsd(Math.addExact(value, other.value));
    }

    @Override
    public int compareTo(NanoUsd other) {
        return Long.compare(value, other.value);
    }

    @Override
    public String toString() {
        return "$" + toUsd().toPlainString();
    }
}
