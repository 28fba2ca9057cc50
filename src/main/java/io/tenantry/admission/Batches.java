package io.tenantry.admission;

import io.smallrye.mutiny.Multi;
import io.smallrye.mutiny.Uni;
import io.tenantry.limits.engine.Charge;
import io.tenantry.limits.engine.LimitRef;
import io.tenantry.limits.engine.LimitStore;
import io.tenantry.limits.engine.RepeatedStandings;
import io.tenantry.limits.engine.ReserveResult;
import io.tenantry.limits.engine.ReserveResult.Repeated;
import io.tenantry.limits.engine.ReserveResult.Short;
import io.tenantry.limits.engine.ReserveResult.Taken;
import io.tenantry.limits.engine.Standing;
import io.vertx.core.buffer.Buffer;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.List;
import java.util.Map;

/**
 * Admits work that is larger than what its rates let through at once. Each call takes what fits, the same part of every rate, as a reservation of its
 * own under a number of its own: all or nothing, remembered, and never more than a bucket has. The last call takes the rest together with money and
 * slots, as any admission does. So a call may be repeated, made twice at the same time, or never be made again: what was taken by then stays taken,
 * and the buckets earn it back. ({@code docs/decisions/0020-batch-work-in-parts.md})
 */
@ApplicationScoped
class Batches {

    private static final int MOST_TRIES = 3;

    /** Between a request's id and the number of a part; nothing that people write into ids. */
    private static final String NUMBER = "\u001f";

    private final Reservations reservations;
    private final LimitStore store;
    private final AdmissionConfig config;
    private final Instalment instalment;

    Batches(Reservations reservations, LimitStore store, AdmissionConfig config) {
        this.reservations = reservations;
        this.store = store;
        this.config = config;
        this.instalment = new Instalment(config.batchShare());
    }

    /** What came of a call. */
    sealed interface Outcome {

        /** Everything at once, or nothing for a reason that no part would help. */
        record Whole(AdmissionRecord record, ReserveResult result) implements Outcome {}

        /** A part is taken, or none fits right now. */
        record Pending(BatchProgress progress) implements Outcome {}
    }

    /** Takes the whole, or else what fits of it. */
    Uni<Outcome> collect(AdmissionRecord whole, Policy policy) {
        return collected(whole).flatMap(collected -> collect(whole, collected, policy));
    }

    private Uni<Outcome> collect(AdmissionRecord whole, Collected collected, Policy policy) {
        var rest = collected.restOf(whole);
        return reservations
                .reserve(rest, policy)
                .flatMap(result -> result instanceof Short
                        ? take(whole, collected, policy, MOST_TRIES)
                        : outcome(new Outcome.Whole(rest, result)));
    }

    /** How far the work is; takes nothing. */
    Uni<BatchProgress> progress(AdmissionRecord whole, Policy policy) {
        return collected(whole).flatMap(collected -> progress(whole, collected, policy));
    }

    /** What is not taken yet. */
    Uni<AdmissionRecord> rest(AdmissionRecord whole) {
        return collected(whole).map(collected -> collected.restOf(whole));
    }

    /** Those limits that no part of the work would help: they are the reason, and not that the work is larger than a bucket. */
    static List<Standing> hopeless(List<Standing> standings) {
        return standings.stream()
                .filter(standing -> standing.refuses() && !isEarned(standing))
                .toList();
    }

    private static boolean isEarned(Standing shortage) {
        return shortage.charge() instanceof Charge.Rate rate && rate.rule().capacity() > 0;
    }

    private Uni<Outcome> take(AdmissionRecord whole, Collected collected, Policy policy, int triesLeft) {
        var rest = collected.restOf(whole);
        return look(rest, policy).flatMap(standings -> {
            if (standings.isEmpty()) {
                return outcome(new Outcome.Whole(rest, new ReserveResult.Stale()));
            }
            var hopeless = hopeless(standings);
            return hopeless.isEmpty()
                    ? take(whole, collected, policy, standings, triesLeft)
                    : outcome(new Outcome.Whole(rest, new Short(hopeless)));
        });
    }

    private Uni<Outcome> take(
            AdmissionRecord whole, Collected collected, Policy policy, List<Standing> standings, int triesLeft) {
        var amounts = instalment.fitting(standings);
        if (triesLeft == 0 || amounts.values().stream().allMatch(amount -> amount == 0)) {
            return pending(whole, collected, policy);
        }
        var part = part(whole, collected, amounts);
        return reservations.reserve(part, policy, config.batchMemory()).flatMap(result -> {
            if (result instanceof Taken) {
                return pending(whole, collected.parts() + 1, part, policy);
            }
            if (result instanceof Repeated other) {
                var theirs = AdmissionRecord.ofPayload(other.payload());
                return pending(whole, collected.parts() + 1, theirs, policy);
            }
            return result instanceof Short
                    ? take(whole, collected, policy, triesLeft - 1)
                    : outcome(new Outcome.Whole(whole, result));
        });
    }

    private static AdmissionRecord part(AdmissionRecord whole, Collected collected, Map<LimitRef, Long> amounts) {
        return whole.as(numbered(whole.id(), collected.parts()), charges -> Collected.rates(charges).stream()
                .map(rate -> (Charge) rate.asking(amounts.getOrDefault(rate.limit(), 0L), collected.of(rate)))
                .toList());
    }

    private static AdmissionId numbered(AdmissionId id, int number) {
        return AdmissionId.of(id.keyId(), id.admittedAt(), id.root(), id.requestId() + NUMBER + number, id.subject());
    }

    private Uni<Outcome> pending(AdmissionRecord whole, int parts, AdmissionRecord last, Policy policy) {
        return collected(parts, last).flatMap(collected -> pending(whole, collected, policy));
    }

    private Uni<Outcome> pending(AdmissionRecord whole, Collected collected, Policy policy) {
        return progress(whole, collected, policy).map(Outcome.Pending::new);
    }

    /** When to come back: looked up, since nobody but Redis knows to the microsecond. */
    private Uni<BatchProgress> progress(AdmissionRecord whole, Collected collected, Policy policy) {
        var rest = collected.restOf(whole);
        var next = instalment.next(rest.allCharges());
        var question = rest.as(rest.id(), charges -> instalment.asking(charges, next));
        return look(question, policy).map(standings -> progress(whole, collected, rest, next, standings));
    }

    private static BatchProgress progress(
            AdmissionRecord whole,
            Collected collected,
            AdmissionRecord rest,
            Map<LimitRef, Long> next,
            List<Standing> standings) {
        var waiting = standings.stream().filter(Standing::refuses).toList();
        long wait = Math.max(
                1_000, waiting.stream().mapToLong(Standing::waitMicros).max().orElse(0));
        long after = Collected.rates(rest.allCharges()).stream()
                .filter(rate -> !rate.shadow())
                .mapToLong(rate -> Instalment.earning(rate, rate.amount() - next.get(rate.limit())))
                .max()
                .orElse(0);
        var parts = Collected.rates(whole.allCharges()).stream()
                .map(rate -> new BatchProgress.Part(rate.limit(), rate.amount(), collected.of(rate), rate.shadow()))
                .distinct() // what has just moved is charged under several roots
                .toList();
        return new BatchProgress(parts, waiting, wait, wait + after);
    }

    /** How every limit stands that the record asks; none when the policy turned out to be outdated. */
    private Uni<List<Standing>> look(AdmissionRecord record, Policy policy) {
        return reservations.look(record, policy).map(standings -> standings.orElseGet(List::of));
    }

    /** Parts are numbered from 0 without a gap: the last one is found by doubling, then by halving, and has the sums of all. */
    private Uni<Collected> collected(AdmissionRecord whole) {
        return payload(whole, 0)
                .flatMap(first ->
                        first == null ? Uni.createFrom().item(Collected.NOTHING) : between(whole, 0, first, 1));
    }

    /** Part {@code low} is there; {@code high} is not known. */
    private Uni<Collected> between(AdmissionRecord whole, int low, Buffer payload, int high) {
        return payload(whole, high)
                .flatMap(found ->
                        found == null ? within(whole, low, payload, high) : between(whole, high, found, 2 * high));
    }

    /** Part {@code low} is there, {@code high} is not. */
    private Uni<Collected> within(AdmissionRecord whole, int low, Buffer payload, int high) {
        if (high - low == 1) {
            return collected(high, AdmissionRecord.ofPayload(payload));
        }
        int middle = (low + high) / 2;
        return payload(whole, middle)
                .flatMap(found ->
                        found == null ? within(whole, low, payload, middle) : within(whole, middle, found, high));
    }

    /** What a rate in shadow mode did not have, the last part passed without: that is known with its reservation. */
    private Uni<Collected> collected(int parts, AdmissionRecord last) {
        return Multi.createFrom()
                .iterable(last.parts())
                .filter(part -> Collected.rates(part.charges()).stream().anyMatch(Charge.Rate::shadow))
                .onItem()
                .transformToUniAndConcatenate(part -> standings(last.id(), part))
                .collect()
                .asList()
                .map(standings -> Collected.upTo(
                        parts, last, standings.stream().flatMap(List::stream).toList()));
    }

    private Uni<List<Standing>> standings(AdmissionId id, AdmissionRecord.Part part) {
        return store.remembered(part.root(), id.holdId())
                .map(answer -> answer == null ? List.of() : RepeatedStandings.of(part.charges(), answer.figures()));
    }

    private Uni<Buffer> payload(AdmissionRecord whole, int number) {
        return store.payloadOf(whole.id().root(), numbered(whole.id(), number).holdId());
    }

    private static Uni<Outcome> outcome(Outcome outcome) {
        return Uni.createFrom().item(outcome);
    }
}
