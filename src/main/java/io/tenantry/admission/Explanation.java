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

    private static final int MOST_ATTEMPTS = 5;

    private final PolicySnapshots policies;
    private final Reservations reservations;
    private final Admission admission;
    private final ModelFailures failures;
    private final Batches batches;
    private final CarriedBudgets carried;

    Explanation(
            PolicySnapshots policies,
            Reservations reservations,
            Admission admission,
            ModelFailures failures,
            Batches batches,
            CarriedBudgets carried) {
        this.policies = policies;
        this.reservations = reservations;
        this.admission = admission;
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

    private Uni<ExplanationView> attempt(Optional<Policy> found, AdmissionRequest request, int attempt) {
        if (found.isEmpty()) {
            return Uni.createFrom().item(ExplanationView.unknownKey());
        }
        if (attempt > MOST_ATTEMPTS) {
            return Uni.createFrom()
                    .failure(Problem.of(ProblemCode.OVERLOADED)
                            .internally("the policy changed %d times", MOST_ATTEMPTS));
        }
        var policy = found.get();
        return admission.named(policy, request).flatMap(named -> attempt(policy, named, request, attempt));
    }

    private Uni<ExplanationView> attempt(Policy policy, List<NamedScope> named, AdmissionRequest request, int attempt) {
        var record = admission.record(policy, named, request, Instant.now());
        return reservations.look(record, policy).flatMap(standings -> standings
                .map(all -> throttledOr(policy, named, record, request, all, attempt))
                .orElseGet(() -> again(policy, request, attempt)));
    }

    private Uni<ExplanationView> again(Policy outdated, AdmissionRequest request, int attempt) {
        return policies.refresh(outdated).flatMap(newer -> attempt(newer, request, attempt + 1));
    }

    /** A key that is throttled when its budget is spent is explained as the admission would then try it. */
    private Uni<ExplanationView> throttledOr(
            Policy policy,
            List<NamedScope> named,
            AdmissionRecord record,
            AdmissionRequest request,
            List<Standing> standings,
            int attempt) {
        var refusing = standings.stream().filter(Standing::refuses).toList();
        var throttled = policy.throttled(record, refusing);
        if (throttled.isEmpty()) {
            return told(policy, named, record, request, standings);
        }
        return reservations.look(throttled.get(), policy).flatMap(slower -> slower.map(
                        all -> told(policy, named, throttled.get(), request, all))
                .orElseGet(() -> again(policy, request, attempt)));
    }

    private Uni<ExplanationView> told(
            Policy policy,
            List<NamedScope> named,
            AdmissionRecord record,
            AdmissionRequest request,
            List<Standing> standings) {
        return carried.told(standings).flatMap(told -> explained(policy, named, record, request, told));
    }

    private Uni<ExplanationView> explained(
            Policy policy,
            List<NamedScope> named,
            AdmissionRecord record,
            AdmissionRequest request,
            List<Standing> standings) {
        var now = Instant.now();
        var waits = admission.waits(policy, named, request, now);
        var explained = new Explained(policy, named, record, standings, waits, failures);
        var refusal =
                AdmissionRules.refusalFor(policy, request, now).or(() -> AdmissionRules.refusalFor(named, request));
        var exhausted = standings.stream().filter(Standing::refuses).toList();
        var refusing = request.isBatch() ? Batches.hopeless(exhausted) : exhausted;
        if (refusal.isEmpty() && refusing.isEmpty() && !exhausted.isEmpty()) {
            return batches.progress(record, policy)
                    .map(progress -> ExplanationView.of(explained, Optional.of(Refusal.pending(progress))));
        }
        var all = refusal.or(() -> shortage(refusing, explained, request));
        return Uni.createFrom().item(ExplanationView.of(explained, all));
    }

    /** What an explanation is about. */
    record Explained(
            Policy policy,
            List<NamedScope> named,
            AdmissionRecord record,
            List<Standing> standings,
            Waits waits,
            ModelFailures failures) {}

    private static Optional<Refusal> shortage(List<Standing> refusing, Explained explained, AdmissionRequest request) {
        return refusing.isEmpty()
                ? Optional.empty()
                : Optional.of(Refusal.exhausted(
                        request.isBatch() ? refusing : explained.standings(), request.model(), explained.waits()));
    }
}
