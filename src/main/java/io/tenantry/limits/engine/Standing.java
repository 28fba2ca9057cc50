package io.tenantry.limits.engine;

/**
 * How a limit stands after a decision, in the unit of its charge.
 *
 * @param remaining   what may still be taken; negative after an overdraft, {@link Charge#UNLIMITED} without a cap
 * @param used        for money what is settled, for slots how many are taken; zero for rates
 * @param held        for money what open reservations hold
 * @param resetMicros until a bucket is full again; zero for slots and money
 * @param waitMicros  until this charge would fit; zero when it did, {@link #NEVER} when waiting does not help
 */
public record Standing(Charge charge, long remaining, long used, long held, long resetMicros, long waitMicros) {

    public static final long NEVER = -1;

    /** Whether a soft cap is passed: worth a warning, not a refusal. */
    public boolean overSoft() {
        return charge instanceof Charge.Money money && money.soft() != Charge.UNLIMITED && used + held > money.soft();
    }
}
