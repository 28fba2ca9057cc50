package io.tenantry.admission;

import io.smallrye.mutiny.Uni;
import io.tenantry.core.Problem;
import io.tenantry.core.ProblemCode;
import io.tenantry.core.SecretHash;
import io.tenantry.limits.engine.ReserveResult;
import io.tenantry.limits.engine.ReserveResult.Looked;
import io.tenantry.limits.engine.Standing;
import io.tenantry.limits.engine.StoreUnavailable;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Shows what {@link Admission} would decide, and why: every level and every limit. Takes nothing. */
@ApplicationScoped
class Explanation {

    private static final int MOST_ATTEMPTS = 5;

    private final PolicySnapshots policies;
    private final Reservations reservations;
    private final Admission admission;

    Explanation(PolicySnapshots policies, Reservations reservations, Admission admission) {
        this.policies = policies;
        this.reservations = reservations;
        this.admission = admission;
    }

    /** Fails with LIMITS_UNAVAILABLE while Redis is away: without it nobody knows how limits stand. */
    Uni<ExplanationView> of(AdmissionRequest request) {
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
        return look(policy, record).flatMap(standings -> standings
                .map(all -> explained(policy, named, record, request, all))
                .orElseGet(() -> policies.refresh(policy).flatMap(newer -> attempt(newer, request, attempt + 1))));
    }

    /** Every limit of every part; empty when the policy turned out to be outdated. */
    private Uni<Optional<List<Standing>>> look(Policy policy, AdmissionRecord record) {
        var looks = reservations.looks(record, policy);
        return Uni.join().all(looks).andFailFast().map(Explanation::together);
    }

    private static Optional<List<Standing>> together(List<ReserveResult> results) {
        var standings = new ArrayList<Standing>();
        for (var result : results) {
            if (!(result instanceof Looked looked)) {
                return Optional.empty();
            }
            standings.addAll(looked.standings());
        }
        return Optional.of(standings);
    }

    private static Uni<ExplanationView> explained(
            Policy policy,
            List<NamedScope> named,
            AdmissionRecord record,
            AdmissionRequest request,
            List<Standing> standings) {
        var now = Instant.now();
        var refusal = AdmissionRules.refusalFor(policy, request, now)
                .or(() -> AdmissionRules.refusalFor(named, request))
                .or(() -> shortage(standings, request, now));
        return Uni.createFrom().item(ExplanationView.of(policy, named, record, standings, refusal));
    }

    private static Optional<Refusal> shortage(List<Standing> standings, AdmissionRequest request, Instant now) {
        var refusing = standings.stream().filter(Standing::refuses).toList();
        return refusing.isEmpty() ? Optional.empty() : Optional.of(Refusal.exhausted(refusing, request.model(), now));
    }
}
