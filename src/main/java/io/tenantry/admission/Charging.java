package io.tenantry.admission;

import io.smallrye.mutiny.Uni;
import io.tenantry.limits.engine.Charge;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.function.BooleanSupplier;

/** What a request would take, and as what it would be admitted. Changes nothing. */
@ApplicationScoped
class Charging {

    private final NamedScopes namedScopes;
    private final Estimates estimates;
    private final ModelFailures failures;

    Charging(NamedScopes namedScopes, Estimates estimates, ModelFailures failures) {
        this.namedScopes = namedScopes;
        this.estimates = estimates;
        this.failures = failures;
    }

    /** With the end user and the tags; for requests without them it costs nothing. */
    Uni<Attempt> attempt(Policy policy, AdmissionRequest request, int number) {
        return namedScopes
                .of(request.endUser(), Attempt.tags(policy, request.tags()))
                .map(named -> new Attempt(policy, named, request, number));
    }

    /** What the request would be admitted as. Fails with MODEL_UNPRICED when a budget applies and the cost cannot be estimated. */
    AdmissionRecord record(Attempt attempt, Instant now) {
        return record(attempt, attempt.costMatters(), now);
    }

    /** The same where a cost that nobody can tell is taken for none: to show how limits stand. */
    AdmissionRecord recordWherePriced(Attempt attempt, Instant now) {
        return record(attempt, attempt.costMatters().whereKnown(), now);
    }

    private AdmissionRecord record(Attempt attempt, CostMatters matters, Instant now) {
        var policy = attempt.policy();
        var request = attempt.request();
        var tags = attempt.tags();
        var charged = charged(attempt, matters, now);
        var requestId = request.requestId() == null ? UUID.randomUUID().toString() : request.requestId();
        return new AdmissionRecord(
                AdmissionId.of(
                        policy.owner().keyId(),
                        now,
                        policy.root(),
                        requestId,
                        new AdmissionId.Subject(attempt.model(), request.endUser(), tags)),
                policy.owner(),
                request.endUser(),
                tags,
                attempt.model(),
                charged.tenants(),
                charged.elsewhere(),
                charged.estimate());
    }

    /** When the request would pass that is refused now. */
    Waits waits(Attempt attempt, Instant now) {
        var matters = attempt.costMatters().whereKnown();
        return new Waits(now, attempt.policy().expiresAt(), at -> charged(attempt, matters, at)
                .all());
    }

    private record Charged(Estimate estimate, List<Charge> tenants, List<AdmissionRecord.Part> elsewhere) {

        List<Charge> all() {
            var all = new ArrayList<>(tenants);
            elsewhere.forEach(part -> all.addAll(part.charges()));
            return all;
        }
    }

    /** Which budgets apply, and so how much one request may hold, is only known with the charges. */
    private Charged charged(Attempt attempt, CostMatters matters, Instant now) {
        var policy = attempt.policy();
        var request = attempt.request();
        var model = attempt.model();
        var whole = charged(attempt, estimates.of(policy, matters, request, model), now);
        var bounded = estimates.bounded(whole.estimate(), policy, request, model, whole.tenants(), whole.elsewhere());
        return bounded == whole.estimate() ? whole : charged(attempt, bounded, now);
    }

    private Charged charged(Attempt attempt, Estimate estimate, Instant now) {
        var model = attempt.model();
        BooleanSupplier failing = () -> failures.isFailing(model);
        var ask = new Ask(model, attempt.request().model(), attempt.tags(), estimate, now, failing);
        var elsewhere = attempt.policy().elsewhere(ask);
        for (var scope : attempt.named()) {
            scope.addPart(elsewhere, ask);
        }
        return new Charged(estimate, attempt.policy().charges(ask), elsewhere);
    }
}
