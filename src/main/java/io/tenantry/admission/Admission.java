package io.tenantry.admission;

import io.smallrye.mutiny.Uni;
import io.tenantry.core.Problem;
import io.tenantry.core.SecretHash;
import io.tenantry.limits.engine.LimitStore;
import io.tenantry.limits.engine.RepeatedStandings;
import io.tenantry.limits.engine.ReserveResult;
import io.tenantry.limits.engine.ReserveResult.Repeated;
import io.tenantry.limits.engine.ReserveResult.Short;
import io.tenantry.limits.engine.ReserveResult.Taken;
import io.tenantry.limits.engine.Standing;
import io.tenantry.limits.engine.StoreUnavailable;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Decides whether a request may pass. In this order: credential known, not expired, nothing on the way up blocked, model allowed on every level,
 * region and size of the request; then all rates, slots and budgets together in one atomic step. The first that fails is the answer.
 *
 * <p>Nothing is decided by an outdated policy: an admission compares its versions in the same step that takes the charges, and a refusal by the
 * rules is confirmed before it is given. One round trip to Redis when warm; one SQL statement more when the policy is not in memory.
 */
@ApplicationScoped
public class Admission {

    private final PolicySnapshots policies;
    private final Charging charging;
    private final Reservations reservations;
    private final LimitStore store;
    private final OpenAdmissions open;
    private final DegradedAdmission degraded;
    private final Batches batches;
    private final CarriedBudgets carried;

    Admission(
            PolicySnapshots policies,
            Charging charging,
            Reservations reservations,
            LimitStore store,
            OpenAdmissions open,
            DegradedAdmission degraded,
            Batches batches,
            CarriedBudgets carried) {
        this.policies = policies;
        this.charging = charging;
        this.reservations = reservations;
        this.store = store;
        this.open = open;
        this.degraded = degraded;
        this.batches = batches;
        this.carried = carried;
    }

    /** Fails with MODEL_UNPRICED when a budget applies and the cost cannot be estimated, with DATABASE_UNAVAILABLE for an unknown key then. */
    Uni<Decision> decide(AdmissionRequest request) {
        request.requireMeaningful();
        return policies.of(SecretHash.of(request.apiKey())).flatMap(policy -> attempt(policy, request, 1));
    }

    private Uni<Decision> attempt(Optional<Policy> found, AdmissionRequest request, int number) {
        if (found.isEmpty()) {
            return refused(Refusal.unknownKey());
        }
        if (number > Attempt.MOST) {
            return Uni.createFrom().failure(Attempt.changedTooOften());
        }
        var policy = found.get();
        return AdmissionRules.refusalFor(policy, request, Instant.now())
                .map(refusal -> confirm(refused(refusal), policy, request, number))
                .orElseGet(() -> charging.attempt(policy, request, number).flatMap(this::reserve));
    }

    /** A remembered policy may refuse what has been allowed since: it is looked at before the refusal counts. */
    private Uni<Decision> confirm(Uni<Decision> refusal, Policy policy, AdmissionRequest request, int number) {
        return store.isCurrent(policy.root(), policy.versions())
                .flatMap(current -> current ? refusal : again(policy, request, number))
                .onFailure(StoreUnavailable.class)
                .recoverWithUni(() -> withoutRedis(policy, request));
    }

    private Uni<Decision> confirm(Uni<Decision> refusal, Attempt attempt) {
        return confirm(refusal, attempt.policy(), attempt.request(), attempt.number());
    }

    private Uni<Decision> again(Policy outdated, AdmissionRequest request, int number) {
        return policies.refresh(outdated).flatMap(policy -> attempt(policy, request, number + 1));
    }

    private Uni<Decision> reserve(Attempt attempt) {
        var refusal = AdmissionRules.refusalFor(attempt.named(), attempt.request());
        if (refusal.isPresent()) {
            return confirm(refused(refusal.get()), attempt);
        }
        try {
            return reserve(charging.record(attempt, Instant.now()), attempt);
        } catch (Problem unpriced) {
            return confirm(Uni.createFrom().failure(unpriced), attempt);
        }
    }

    private Uni<Decision> reserve(AdmissionRecord record, Attempt attempt) {
        var decided = attempt.request().isBatch()
                ? batches.collect(record, attempt.policy()).flatMap(outcome -> batch(outcome, record, attempt))
                : reservations
                        .reserve(record, attempt.policy())
                        .flatMap(result -> throttledOr(result, record, attempt));
        return decided.onFailure(StoreUnavailable.class)
                .recoverWithUni(() -> withoutRedis(attempt.policy(), attempt.request()));
    }

    private Uni<Decision> batch(Batches.Outcome outcome, AdmissionRecord record, Attempt attempt) {
        if (outcome instanceof Batches.Outcome.Whole whole) {
            return throttled(whole.result(), record, attempt.policy())
                    .map(slower ->
                            batches.collect(slower, attempt.policy()).flatMap(again -> batch(again, slower, attempt)))
                    .orElseGet(() -> decision(whole.result(), whole.record(), attempt));
        }
        var progress = ((Batches.Outcome.Pending) outcome).progress();
        return Uni.createFrom().item(new Decision.Refused(Refusal.pending(progress), false, record.estimate()));
    }

    /** Where only the key's own budget is spent, and the key is throttled then: once more in one step, at a part of its rates. */
    private Uni<Decision> throttledOr(ReserveResult result, AdmissionRecord record, Attempt attempt) {
        return throttled(result, record, attempt.policy())
                .map(slower -> reservations
                        .reserve(slower, attempt.policy())
                        .flatMap(again -> again instanceof Short slow
                                ? exhausted(slow, ((Short) result).standings(), slower, attempt)
                                : decision(again, slower, attempt)))
                .orElseGet(() -> decision(result, record, attempt));
    }

    /** Empty where something else is in the way than the budget of a key that is throttled then: after it was throttled, its budget refuses no more. */
    private static Optional<AdmissionRecord> throttled(ReserveResult result, AdmissionRecord record, Policy policy) {
        return result instanceof Short exhausted ? policy.throttled(record, exhausted.shortages()) : Optional.empty();
    }

    private Uni<Decision> decision(ReserveResult result, AdmissionRecord record, Attempt attempt) {
        if (result instanceof Taken taken) {
            return carried.told(taken.standings())
                    .map(told -> remembered(admitted(record, attempt, taken.expiresAt(), told)));
        }
        if (result instanceof Repeated repeated) {
            return firstAnswer(repeated, attempt).map(first -> repeated.open() ? remembered(first) : first);
        }
        if (result instanceof Short exhausted) {
            return exhausted(exhausted, List.of(), record, attempt);
        }
        return again(attempt.policy(), attempt.request(), attempt.number());
    }

    private static Decision.Admitted admitted(
            AdmissionRecord record, Attempt attempt, Instant expiresAt, List<Standing> standings) {
        return new Decision.Admitted(
                record, attempt.request().model(), attempt.attachments(), expiresAt, standings, false);
    }

    /** @param unthrottled how the limits stood before the key was throttled; none where it is not */
    private Uni<Decision> exhausted(Short found, List<Standing> unthrottled, AdmissionRecord record, Attempt attempt) {
        return carried.told(found.standings()).flatMap(standings -> carried.told(unthrottled)
                .map(before -> exhausted(standings, before, record, attempt)));
    }

    private Decision exhausted(
            List<Standing> standings, List<Standing> unthrottled, AdmissionRecord record, Attempt attempt) {
        var waits = charging.waits(attempt, Instant.now());
        return new Decision.Refused(
                Refusal.exhausted(standings, unthrottled, attempt.request().model(), waits), false, record.estimate());
    }

    private Uni<Decision.Admitted> firstAnswer(Repeated repeated, Attempt attempt) {
        var first = AdmissionRecord.ofPayload(repeated.payload());
        var standings = new ArrayList<>(RepeatedStandings.of(first.charges(), repeated.figures()));
        standings.addAll(repeated.elsewhere());
        var told = attempt.policy().moves().toldOnce(standings);
        return carried.toldAgain(told).map(all -> admitted(first, attempt, repeated.expiresAt(), all));
    }

    /** By a policy that was read a moment ago, or by the one we have when the database is away too. */
    private Uni<Decision> withoutRedis(Policy policy, AdmissionRequest request) {
        return policies.unconfirmed(policy).flatMap(found -> unconfirmed(found, request));
    }

    private Uni<Decision> unconfirmed(Optional<Policy> found, AdmissionRequest request) {
        if (found.isEmpty()) {
            return refusedWithoutRedis(Refusal.unknownKey());
        }
        return AdmissionRules.refusalFor(found.get(), request, Instant.now())
                .map(Admission::refusedWithoutRedis)
                .orElseGet(() -> charging.attempt(found.get(), request, 1).flatMap(this::unconfirmed));
    }

    private Uni<Decision> unconfirmed(Attempt attempt) {
        return AdmissionRules.refusalFor(attempt.named(), attempt.request())
                .map(Admission::refusedWithoutRedis)
                .orElseGet(() -> degraded.decide(
                                charging.record(attempt, Instant.now()),
                                attempt.policy(),
                                attempt.attachments(),
                                attempt.request())
                        .map(decision ->
                                decision instanceof Decision.Admitted admitted ? remembered(admitted) : decision));
    }

    private Decision remembered(Decision.Admitted decision) {
        open.remember(decision.record(), decision.expiresAt());
        return decision;
    }

    private static Uni<Decision> refused(Refusal refusal) {
        return Uni.createFrom().item(new Decision.Refused(refusal, false));
    }

    private static Uni<Decision> refusedWithoutRedis(Refusal refusal) {
        return Uni.createFrom().item(new Decision.Refused(refusal, true));
    }
}
