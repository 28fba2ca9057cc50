package io.tenantry.admission;

import io.tenantry.admission.AdmissionRecord.Part;
import io.tenantry.core.NanoUsd;
import io.tenantry.limits.engine.Charge;
import io.tenantry.platform.redis.TenantRoot;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;

/**
 * An admission as it is remembered until it is settled. Tens of thousands are at a time: so of its own an admission has numbers and an end user, and whatever
 * it has in common with an earlier one is kept with that.
 */
final class OpenAdmission {

    /** Input and output tokens, nano-dollars, requests, source, bounded; then the amounts of all charges. */
    private static final int ESTIMATE_NUMBERS = 6;

    private final AdmissionRecord like;
    private final String endUser;
    private final long[] numbers;
    private volatile long expiresAtMicros;
    private volatile End end;

    /** How an admission ends. */
    enum End {
        SETTLED,
        RELEASED
    }

    /** @param like the same but for its id, its end user and its numbers; itself where there is no other */
    OpenAdmission(AdmissionRecord like, String endUser, long[] numbers, long expiresAtMicros) {
        this.like = like;
        this.endUser = endUser;
        this.numbers = numbers;
        this.expiresAtMicros = expiresAtMicros;
    }

    /** Earlier admissions, one of a kind. Small, and forgets: what two admissions have in common is then kept twice. */
    static final class Kinds {

        private static final int SIZE = 4_096;

        // Races are harmless: what is written is immutable, and whichever is found is compared.
        private final AdmissionRecord[] earlier = new AdmissionRecord[SIZE];

        OpenAdmission remember(AdmissionRecord record, Instant expiresAt) {
            int slot = (31 * System.identityHashCode(record.owner())
                            + record.model().hashCode())
                    & (SIZE - 1);
            var like = earlier[slot];
            if (like == null || !isLike(like, record)) {
                earlier[slot] = record;
                like = record;
            }
            return new OpenAdmission(like, record.endUser(), numbersOf(record), micros(expiresAt));
        }
    }

    private static boolean isLike(AdmissionRecord one, AdmissionRecord other) {
        return one.owner() == other.owner()
                && one.model().equals(other.model())
                && one.id().root().equals(other.id().root())
                && (one.tags() == other.tags() || one.tags().equals(other.tags()))
                && (one.estimate() == null) == (other.estimate() == null)
                && areLike(one.charges(), other.charges())
                && arePartsLike(one.elsewhere(), other.elsewhere());
    }

    private static boolean arePartsLike(List<Part> some, List<Part> others) {
        if (some.size() != others.size()) {
            return false;
        }
        for (int i = 0; i < some.size(); i++) {
            if (!some.get(i).root().equals(others.get(i).root())
                    || !areLike(some.get(i).charges(), others.get(i).charges())) {
                return false;
            }
        }
        return true;
    }

    private static boolean areLike(List<Charge> some, List<Charge> others) {
        if (some.size() != others.size()) {
            return false;
        }
        for (int i = 0; i < some.size(); i++) {
            if (!some.get(i).isButForTheAmount(others.get(i))) {
                return false;
            }
        }
        return true;
    }

    private static long[] numbersOf(AdmissionRecord record) {
        var charges = record.allCharges();
        var numbers = new long[ESTIMATE_NUMBERS + charges.size()];
        putEstimate(record.estimate(), numbers);
        for (int i = 0; i < charges.size(); i++) {
            numbers[ESTIMATE_NUMBERS + i] = charges.get(i).amount();
        }
        return numbers;
    }

    private static void putEstimate(Estimate estimate, long[] numbers) {
        if (estimate != null) {
            numbers[0] = estimate.inputTokens();
            numbers[1] = estimate.outputTokens();
            numbers[2] = estimate.cost().value();
            numbers[3] = estimate.requests();
            numbers[4] = estimate.source().ordinal();
            numbers[5] = estimate.bounded() ? 1 : 0;
        }
    }

    /** An earlier admission, the same but for its id, its end user and its numbers. */
    AdmissionRecord like() {
        return like;
    }

    String endUser() {
        return endUser;
    }

    /** What it is made of besides; not to be changed. */
    long[] numbers() {
        return numbers;
    }

    long expiresAtMicros() {
        return expiresAtMicros;
    }

    /** What it ended as first is what it ended as. */
    synchronized void end(End how) {
        if (end == null) {
            end = how;
        }
    }

    boolean hasEnded() {
        return end != null;
    }

    /** Null while it is open. */
    End howEnded() {
        return end;
    }

    /** The lease was renewed. Whoever is just doing something with this admission can see that. */
    void renew(Instant expiresAt) {
        expiresAtMicros = micros(expiresAt);
    }

    private static long micros(Instant instant) {
        return ChronoUnit.MICROS.between(Instant.EPOCH, instant);
    }

    boolean isOpenAt(Instant now) {
        return end == null && expiresAt().isAfter(now);
    }

    /** Whether any of its limits lives under such a root. */
    boolean isUnder(Predicate<TenantRoot> roots) {
        return roots.test(like.id().root()) || like.elsewhere().stream().anyMatch(part -> roots.test(part.root()));
    }

    Instant expiresAt() {
        return Instant.EPOCH.plus(expiresAtMicros, ChronoUnit.MICROS);
    }

    /** What was admitted. */
    AdmissionRecord record(AdmissionId id) {
        int at = ESTIMATE_NUMBERS;
        var charges = charges(like.charges(), at);
        at += charges.size();
        var elsewhere = new ArrayList<Part>(like.elsewhere().size());
        for (var part : like.elsewhere()) {
            elsewhere.add(new Part(part.root(), charges(part.charges(), at)));
            at += part.charges().size();
        }
        return new AdmissionRecord(
                id, like.owner(), endUser, like.tags(), like.model(), charges, elsewhere, estimate());
    }

    private List<Charge> charges(List<Charge> alike, int from) {
        var charges = new Charge[alike.size()];
        for (int i = 0; i < charges.length; i++) {
            charges[i] = alike.get(i).asking(numbers[from + i]);
        }
        return List.of(charges);
    }

    private Estimate estimate() {
        return like.estimate() == null
                ? null
                : new Estimate(
                        numbers[0],
                        numbers[1],
                        new NanoUsd(numbers[2]),
                        Estimate.Source.of(numbers[4]),
                        numbers[5] == 1,
                        numbers[3]);
    }
}
