package io.tenantry.admission;

import io.smallrye.mutiny.Uni;
import io.tenantry.core.Problem;
import io.tenantry.core.ProblemCode;
import io.tenantry.core.SecretHash;
import io.tenantry.limits.engine.Standing;
import io.tenantry.limits.engine.StoreUnavailable;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/** Shows what {@link Admission} would decide, and why: every level and every limit. Takes nothing. */
@ApplicationScoped
class Explanation {

    private final PolicySnapshots policies;
    private final Reservations reservations;
    private final Charging charging;
    private final ModelFailures failures;
    private final Batches batches;
    private final CarriedBudgets carried;

    Explanation(
            PolicySnapshots policies,
            Reservations reservations,
            Charging charging,
            ModelFailures failures,
            Batches batches,
            CarriedBudgets carried) {
        this.policies = policies;
        this.reservations = reservations;
        this.charging = charging;
        this.failures = failures;
        this.batches = batches;
        this.carried = carried;
    }

    /** Fails with LIMITS_UNAVAILABLE while Redis is away: without it nobody knows how limits stand. */
    Uni<ExplanationView> of(AdmissionRequest request) {
        request.requireMeaningful();
        return policies.of(SecretHash.of(request.apiKey()))
                .flatMap(policy -> attempt(policy, request, 1))
                .onFailure(StoreUnavailable.class)
                .transform(away -> Problem.of(ProblemCode.LIMITS_UNAVAILABLE)
                        .detail("The limits cannot be looked at right now; try again")
                        .internally(away.getMessage()));
    }

    private Uni<ExplanationView> attempt(Optional<Policy> found, AdmissionRequest request, int number) {
        if (found.isEmpty()) {
            return Uni.createFrom().item(ExplanationView.unknownKey());
        }
        if (number > Attempt.MOST) {
            return Uni.createFrom().failure(Attempt.changedTooOften());
        }
        return charging.attempt(found.get(), request, number).flatMap(this::look);
    }

    private Uni<ExplanationView> look(Attempt attempt) {
        var record = charging.recordWherePriced(attempt, Instant.now());
        return standings(record, attempt).flatMap(standings -> standings
                .map(all -> requirePriced(attempt).chain(() -> throttledOr(record, all, attempt)))
                .orElseGet(() -> again(attempt)));
    }

    /** Of batch work the next call asks for what is not taken yet. */
    private Uni<Optional<List<Standing>>> standings(AdmissionRecord record, Attempt attempt) {
        return attempt.request().isBatch()
                ? batches.rest(record).flatMap(rest -> reservations.look(rest, attempt.policy()))
                : reservations.look(record, attempt.policy());
    }

    /** As the admission would: only where no rule refuses, and by a policy that is not outdated. */
    private Uni<Void> requirePriced(Attempt attempt) {
        var now = Instant.now();
        return ruleOf(attempt, now).isPresent()
                ? Uni.createFrom().voidItem()
                : Uni.createFrom().item(() -> charging.record(attempt, now)).replaceWithVoid();
    }

    private static Optional<Refusal> ruleOf(Attempt attempt, Instant now) {
        return AdmissionRules.refusalFor(attempt.policy(), attempt.request(), now)
                .or(() -> AdmissionRules.refusalFor(attempt.named(), attempt.request()));
    }

    private Uni<ExplanationView> again(Attempt outdated) {
        return policies.refresh(outdated.policy())
                .flatMap(newer -> attempt(newer, outdated.request(), outdated.number() + 1));
    }

    /** A key that is throttled when its budget is spent is explained as the admission would then try it. */
    private Uni<ExplanationView> throttledOr(AdmissionRecord record, List<Standing> standings, Attempt attempt) {
        var refusing = standings.stream().filter(Standing::refuses).toList();
        var throttled = attempt.policy().throttled(record, refusing);
        if (throttled.isEmpty()) {
            return told(record, standings, List.of(), attempt);
        }
        return standings(throttled.get(), attempt)
                .flatMap(slower -> slower.map(all -> told(throttled.get(), all, standings, attempt))
                        .orElseGet(() -> again(attempt)));
    }

    private Uni<ExplanationView> told(
            AdmissionRecord record, List<Standing> standings, List<Standing> unthrottled, Attempt attempt) {
        return carried.told(standings)
                .flatMap(told -> carried.told(unthrottled).flatMap(before -> explained(record, told, before, attempt)));
    }

    private Uni<ExplanationView> explained(
            AdmissionRecord record, List<Standing> standings, List<Standing> unthrottled, Attempt attempt) {
        var now = Instant.now();
        var request = attempt.request();
        var explained = new Explained(attempt, record, standings, unthrottled, charging.waits(attempt, now), failures);
        var refusal = ruleOf(attempt, now);
        var exhausted = standings.stream().filter(Standing::refuses).toList();
        var refusing = request.isBatch() ? Batches.hopeless(exhausted) : exhausted;
        if (refusal.isEmpty() && refusing.isEmpty() && !exhausted.isEmpty()) {
            return batches.progress(record, attempt.policy())
                    .map(progress -> ExplanationView.of(explained, Optional.of(Refusal.pending(progress))));
        }
        var all = refusal.or(() -> shortage(refusing, explained, request));
        return Uni.createFrom().item(ExplanationView.of(explained, all));
    }

    /**
     * What an explanation is about.
     *
     * @param unthrottled how the limits stood before the key was throttled; none where it is not
     */
    record Explained(
            Attempt attempt,
            AdmissionRecord record,
            List<Standing> standings,
            List<Standing> unthrottled,
            Waits waits,
            ModelFailures failures) {}

    private static Optional<Refusal> shortage(List<Standing> refusing, Explained explained, AdmissionRequest request) {
        return refusing.isEmpty()
                ? Optional.empty()
                : Optional.of(Refusal.exhausted(
                        request.isBatch() ? refusing : explained.standings(),
                        request.isBatch() ? List.of() : explained.unthrottled(),
                        request.model(),
                        explained.waits()));
    }
}
