package io.tenantry.admission;

import io.smallrye.mutiny.Uni;
import io.tenantry.core.Problem;
import io.tenantry.core.ProblemCode;
import io.tenantry.core.SecretHash;
import io.tenantry.limits.engine.Charge;
import io.tenantry.limits.engine.LimitStore;
import io.tenantry.limits.engine.RepeatedStandings;
import io.tenantry.limits.engine.ReserveResult;
import io.tenantry.limits.engine.ReserveResult.Repeated;
import io.tenantry.limits.engine.ReserveResult.Short;
import io.tenantry.limits.engine.ReserveResult.Taken;
import io.tenantry.limits.engine.StoreUnavailable;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.function.BooleanSupplier;
import java.util.stream.Stream;

/**
 * Decides whether a request may pass. In this order: credential known, not expired, nothing on the way up blocked, model allowed on every level,
 * region and size of the request; then all rates, slots and budgets together in one atomic step. The first that fails is the answer.
 *
 * <p>Nothing is decided by an outdated policy: an admission compares its versions in the same step that takes the charges, and a refusal by the
 * rules is confirmed before it is given. One round trip to Redis when warm; one SQL statement more when the policy is not in memory.
 */
@ApplicationScoped
public class Admission {

    /** How often a policy may change under a request before we give up. */
    private static final int MOST_ATTEMPTS = 5;

    private final PolicySnapshots policies;
    private final NamedScopes namedScopes;
    private final Reservations reservations;
    private final LimitStore store;
    private final OpenAdmissions open;
    private final DegradedAdmission degraded;
    private final Estimates estimates;
    private final ModelFailures failures;
    private final Batches batches;
    private final CarriedBudgets carried;

    Admission(
            PolicySnapshots policies,
            NamedScopes namedScopes,
            Reservations reservations,
            LimitStore store,
            OpenAdmissions open,
            DegradedAdmission degraded,
            Estimates estimates,
            ModelFailures failures,
            Batches batches,
            CarriedBudgets carried) {
        this.policies = policies;
        this.namedScopes = namedScopes;
        this.reservations = reservations;
        this.store = store;
        this.open = open;
        this.degraded = degraded;
        this.estimates = estimates;
        this.failures = failures;
        this.batches = batches;
        this.carried = carried;
    }

    /** Fails with MODEL_UNPRICED when a budget applies and the cost cannot be estimated, with DATABASE_UNAVAILABLE for an unknown key then. */
    Uni<Decision> decide(AdmissionRequest request) {
        request.requireMeaningful();
        return policies.of(SecretHash.of(request.apiKey())).flatMap(policy -> attempt(policy, request, 1));
    }

    private Uni<Decision> attempt(Optional<Policy> found, AdmissionRequest request, int attempt) {
        if (found.isEmpty()) {
            return refused(Refusal.unknownKey());
        }
        if (attempt > MOST_ATTEMPTS) {
            return Uni.createFrom()
                    .failure(Problem.of(ProblemCode.OVERLOADED)
                            .internally("the policy changed %d times", MOST_ATTEMPTS));
        }
        var policy = found.get();
        return AdmissionRules.refusalFor(policy, request, Instant.now())
                .map(refusal -> confirm(refusal, policy, request, attempt))
                .orElseGet(() -> named(policy, request).flatMap(named -> reserve(policy, named, request, attempt)));
    }

    /** The end user and the tags; for requests without them it costs nothing. */
    Uni<List<NamedScope>> named(Policy policy, AdmissionRequest request) {
        return namedScopes.of(request.endUser(), tags(policy, request.tags()));
    }

    /** A remembered policy may refuse what has been allowed since: it is looked at before the refusal counts. */
    private Uni<Decision> confirm(Refusal refusal, Policy policy, AdmissionRequest request, int attempt) {
        return store.isCurrent(policy.root(), policy.versions())
                .flatMap(current -> current ? refused(refusal) : again(policy, request, attempt))
                .onFailure(StoreUnavailable.class)
                .recoverWithUni(() -> policies.unconfirmed(policy).flatMap(found -> unconfirmed(found, request)));
    }

    private Uni<Decision> again(Policy outdated, AdmissionRequest request, int attempt) {
        return policies.refresh(outdated).flatMap(policy -> attempt(policy, request, attempt + 1));
    }

    private Uni<Decision> reserve(Policy policy, List<NamedScope> named, AdmissionRequest request, int attempt) {
        var blocked = AdmissionRules.refusalFor(named, request);
        if (blocked.isPresent()) {
            return refused(blocked.get());
        }
        var record = record(policy, named, request, Instant.now());
        var decided = request.isBatch()
                ? batches.collect(record, policy)
                        .flatMap(outcome -> batch(outcome, record, policy, named, request, attempt))
                : reservations
                        .reserve(record, policy)
                        .flatMap(result -> throttledOr(result, record, policy, named, request, attempt));
        return decided.onFailure(StoreUnavailable.class)
                .recoverWithUni(() -> policies.unconfirmed(policy).flatMap(found -> unconfirmed(found, request)));
    }

    private Uni<Decision> batch(
            Batches.Outcome outcome,
            AdmissionRecord record,
            Policy policy,
            List<NamedScope> named,
            AdmissionRequest request,
            int attempt) {
        if (outcome instanceof Batches.Outcome.Whole whole) {
            var throttled = throttled(whole.result(), record, policy);
            return throttled
                    .map(slower -> batches.collect(slower, policy)
                            .flatMap(again -> batch(again, slower, policy, named, request, attempt)))
                    .orElseGet(() -> decision(whole.result(), whole.record(), policy, named, request, attempt));
        }
        var progress = ((Batches.Outcome.Pending) outcome).progress();
        return Uni.createFrom().item(new Decision.Refused(Refusal.pending(progress), false, record.estimate()));
    }

    /** Where only the key's own budget is spent, and the key is throttled then: once more in one step, at a part of its rates. */
    private Uni<Decision> throttledOr(
            ReserveResult result,
            AdmissionRecord record,
            Policy policy,
            List<NamedScope> named,
            AdmissionRequest request,
            int attempt) {
        return throttled(result, record, policy)
                .map(slower -> reservations
                        .reserve(slower, policy)
                        .flatMap(again -> decision(again, slower, policy, named, request, attempt)))
                .orElseGet(() -> decision(result, record, policy, named, request, attempt));
    }

    /** Empty where something else is in the way than the budget of a key that is throttled then: after it was throttled, its budget refuses no more. */
    private static Optional<AdmissionRecord> throttled(ReserveResult result, AdmissionRecord record, Policy policy) {
        return result instanceof Short exhausted ? policy.throttled(record, exhausted.shortages()) : Optional.empty();
    }

    private Uni<Decision> decision(
            ReserveResult result,
            AdmissionRecord record,
            Policy policy,
            List<NamedScope> named,
            AdmissionRequest request,
            int attempt) {
        var attachments = policy.attachments().with(named);
        if (result instanceof Taken taken) {
            return carried.told(taken.standings())
                    .map(told -> remembered(new Decision.Admitted(
                            record, request.model(), attachments, taken.expiresAt(), told, false)));
        }
        if (result instanceof Repeated repeated) {
            return firstAnswer(repeated, attachments, request)
                    .map(first -> repeated.open() ? remembered(first) : first);
        }
        if (result instanceof Short exhausted) {
            return carried.told(exhausted.standings())
                    .map(told -> new Decision.Refused(
                            Refusal.exhausted(told, request.model(), waits(policy, named, request, Instant.now())),
                            false,
                            record.estimate()));
        }
        return again(policy, request, attempt);
    }

    /** When the request would pass that is refused now. */
    Waits waits(Policy policy, List<NamedScope> named, AdmissionRequest request, Instant now) {
        var model = policy.resolve(request.model());
        return new Waits(now, policy.expiresAt(), at -> charged(policy, named, request, model, at)
                .all());
    }

    private Uni<Decision.Admitted> firstAnswer(
            Repeated repeated, Policy.Attachments attachments, AdmissionRequest request) {
        var first = AdmissionRecord.ofPayload(repeated.payload());
        var standings = new ArrayList<>(RepeatedStandings.of(first.charges(), repeated.figures()));
        standings.addAll(repeated.elsewhere());
        return carried.toldAgain(standings)
                .map(told ->
                        new Decision.Admitted(first, request.model(), attachments, repeated.expiresAt(), told, false));
    }

    /** Without Redis: by a policy that was read a moment ago, or by the one we have when the database is away too. */
    private Uni<Decision> unconfirmed(Optional<Policy> found, AdmissionRequest request) {
        if (found.isEmpty()) {
            return Uni.createFrom().item(new Decision.Refused(Refusal.unknownKey(), true));
        }
        var policy = found.get();
        var refusal = AdmissionRules.refusalFor(policy, request, Instant.now());
        return refusal.isPresent()
                ? Uni.createFrom().item(new Decision.Refused(refusal.get(), true))
                : named(policy, request).flatMap(named -> unconfirmed(policy, named, request));
    }

    private Uni<Decision> unconfirmed(Policy policy, List<NamedScope> named, AdmissionRequest request) {
        var blocked = AdmissionRules.refusalFor(named, request);
        return blocked.isPresent()
                ? Uni.createFrom().item(new Decision.Refused(blocked.get(), true))
                : degraded.decide(
                                record(policy, named, request, Instant.now()),
                                policy,
                                policy.attachments().with(named),
                                request)
                        .map(decision ->
                                decision instanceof Decision.Admitted admitted ? remembered(admitted) : decision);
    }

    private Decision remembered(Decision.Admitted decision) {
        open.remember(decision.record(), decision.expiresAt());
        return decision;
    }

    private static Uni<Decision> refused(Refusal refusal) {
        return Uni.createFrom().item(new Decision.Refused(refusal, false));
    }

    /** What the request would be admitted as; changes nothing. */
    AdmissionRecord record(Policy policy, List<NamedScope> named, AdmissionRequest request, Instant now) {
        var model = policy.resolve(request.model());
        var charged = charged(policy, named, request, model, now);
        var requestId = request.requestId() == null ? UUID.randomUUID().toString() : request.requestId();
        return new AdmissionRecord(
                new AdmissionId(policy.owner().keyId(), now, policy.root(), requestId),
                policy.owner(),
                request.endUser(),
                tags(policy, request.tags()),
                model,
                charged.tenants(),
                charged.elsewhere(),
                charged.estimate());
    }

    private record Charged(Estimate estimate, List<Charge> tenants, List<AdmissionRecord.Part> elsewhere) {

        static Charged of(Policy policy, List<NamedScope> named, Ask ask) {
            var elsewhere = policy.elsewhere(ask);
            for (var scope : named) {
                scope.addPart(elsewhere, ask);
            }
            return new Charged(ask.estimate(), policy.charges(ask), elsewhere);
        }

        List<Charge> all() {
            var all = new ArrayList<>(tenants);
            elsewhere.forEach(part -> all.addAll(part.charges()));
            return all;
        }
    }

    /** Which budgets apply, and so how much one request may hold, is only known with the charges. */
    private Charged charged(
            Policy policy, List<NamedScope> named, AdmissionRequest request, String model, Instant now) {
        var matters = policy.costMatters(model, request.model());
        for (var scope : named) {
            matters = matters.or(scope.limits().costMatters(model, request.model()));
        }
        var estimate = estimates.of(policy, matters, request, model);
        var tags = tags(policy, request.tags());
        BooleanSupplier failing = () -> failures.isFailing(model);
        var whole = Charged.of(policy, named, new Ask(model, request.model(), tags, estimate, now, failing));
        var bounded = estimates.bounded(whole.estimate(), policy, request, model, whole.tenants(), whole.elsewhere());
        return bounded == whole.estimate()
                ? whole
                : Charged.of(policy, named, new Ask(model, request.model(), tags, bounded, now, failing));
    }

    /** What the request says, after what its key, team and organization say. */
    static List<String> tags(Policy policy, List<String> requested) {
        var inherited = policy.attachments().tags();
        if (requested.isEmpty()) {
            return inherited;
        }
        return Stream.concat(inherited.stream(), requested.stream()).distinct().toList();
    }
}
