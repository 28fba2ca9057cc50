package io.tenantry.usage;

import io.smallrye.mutiny.Uni;
import io.tenantry.admission.AdmissionId;
import io.tenantry.admission.AdmissionRecord;
import io.tenantry.admission.KeyOwners;
import io.tenantry.admission.OpenAdmissions;
import io.tenantry.admission.OutputHistory;
import io.tenantry.core.BudgetPeriod;
import io.tenantry.core.NanoUsd;
import io.tenantry.core.Problem;
import io.tenantry.core.ProblemCode;
import io.tenantry.core.ResourceKind;
import io.tenantry.limits.engine.ActualCharge;
import io.tenantry.limits.engine.Charge;
import io.tenantry.limits.engine.LimitStore;
import io.tenantry.usage.Booked.TotalKey;
import io.tenantry.usage.UsageEvent.Window;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jboss.logging.Logger;

/**
 * Replaces what an admission held by what was really used: booked in the ledger, then told to the limit store. Always lands: also late, also
 * twice, also when the hold has ended or Redis has forgotten or is away. What Redis misses it reads from the ledger before it admits again.
 */
@ApplicationScoped
public class Settlement {

    private static final Logger LOG = Logger.getLogger(Settlement.class);

    private final OpenAdmissions open;
    private final KeyOwners owners;
    private final PriceFile prices;
    private final Bookings bookings;
    private final SpooledHolds spooled;
    private final LimitStore store;
    private final OutputHistory history;

    Settlement(
            OpenAdmissions open,
            KeyOwners owners,
            PriceFile prices,
            Bookings bookings,
            SpooledHolds spooled,
            LimitStore store,
            OutputHistory history) {
        this.open = open;
        this.owners = owners;
        this.prices = prices;
        this.bookings = bookings;
        this.spooled = spooled;
        this.store = store;
        this.history = history;
    }

    /**
     * Books the use and corrects the balances; the first answer when it was settled before. Fails with NOT_FOUND when the admission's key never
     * existed, with MODEL_UNPRICED when no cost is given and the model has no price.
     */
    Uni<SettlementView> settle(AdmissionId id, SettlementRequest request) {
        return open.find(id)
                .flatMap(found ->
                        found.map(record -> Uni.createFrom().item(record)).orElseGet(() -> forgotten(id, request)))
                .flatMap(record -> settle(record, request))
                .map(booked -> SettlementView.of(id, booked));
    }

    private Uni<Booked> settle(AdmissionRecord record, SettlementRequest request) {
        return bookings.book(record, event(record, request))
                .invoke(booked -> open.forget(record.id()))
                .invoke(booked -> learn(record, booked))
                .call(booked -> correctBalances(record, booked));
    }

    /** Only whole answers tell how long answers are. Under the model that was asked for, since that is what the next request asks for. */
    private void learn(AdmissionRecord record, Booked booked) {
        if (booked.first() && !booked.failed() && !booked.partial()) {
            history.observe(record.owner().keyId(), record.model(), booked.outputTokens());
        }
    }

    /** Nobody remembers the admission: it is booked to the key's owner, and there is nothing left to correct but totals. */
    private Uni<AdmissionRecord> forgotten(AdmissionId id, SettlementRequest request) {
        return owners.find(id.keyId())
                .map(owner -> owner.orElseThrow(() -> Problem.of(ProblemCode.NOT_FOUND)
                        .param("admission_id")
                        .detail("This is no admission_id of ours (not found)")))
                .map(owner -> new AdmissionRecord(
                        id,
                        owner,
                        null,
                        List.of(),
                        Optional.ofNullable(request.model()).orElse("unknown"),
                        List.of(),
                        List.of(),
                        null));
    }

    private UsageEvent event(AdmissionRecord record, SettlementRequest request) {
        var model = request.model() == null ? record.model() : request.model();
        return new UsageEvent(
                record.id().requestId(),
                record.owner(),
                record.endUser(),
                model,
                record.model(),
                prices.providerOf(model),
                request.inputTokensOrZero(),
                request.outputTokensOrZero(),
                request.totalTokensOrSum(),
                cost(request, model),
                request.failed(),
                request.isPartial(),
                record.tags(),
                record.id().admittedAt(),
                windows(record));
    }

    private NanoUsd cost(SettlementRequest request, String model) {
        if (request.costUsd() != null) {
            return NanoUsd.ofUsd(request.costUsd());
        }
        if (request.failed() && request.totalTokensOrSum() == 0) {
            return NanoUsd.ZERO;
        }
        return prices.priceOf(model, request.inputTokensOrZero(), request.outputTokensOrZero())
                .orElseThrow(() -> Problem.of(ProblemCode.MODEL_UNPRICED)
                        .param("cost_usd")
                        .detail(
                                "Model '%s' has no price: send cost_usd, or add the model to tenantry.prices.file",
                                model));
    }

    /** Every level's lifetime is booked; and each window that a budget of this admission had. */
    private static List<Window> windows(AdmissionRecord record) {
        var owner = record.owner();
        var windows = new ArrayList<Window>();
        addLifetime(windows, ResourceKind.KEY, owner.keyId().toString());
        if (owner.userId() != null) {
            addLifetime(windows, ResourceKind.USER, owner.userId());
        }
        if (owner.teamId() != null) {
            addLifetime(windows, ResourceKind.TEAM, owner.teamId());
        }
        if (owner.organizationId() != null) {
            addLifetime(windows, ResourceKind.ORGANIZATION, owner.organizationId());
        }
        addMembers(windows, owner.teamId(), owner.organizationId(), owner.userId());
        addNamed(windows, record);
        for (var charge : record.allCharges()) {
            if (charge instanceof Charge.Budget budget) {
                addWindow(windows, budget);
            }
        }
        return windows;
    }

    /** Lifetimes are there already, but for those of single models. */
    private static void addWindow(List<Window> windows, Charge.Budget budget) {
        var window = budget.window();
        if (!window.equals(BudgetPeriod.LIFETIME) || budget.limit().model() != null) {
            var key = TotalKey.of(budget);
            windows.add(new Window(key.kind(), key.id(), window.period(), window.start(), window.end()));
        }
    }

    private static void addMembers(List<Window> windows, String teamId, String organizationId, String userId) {
        if (userId != null && teamId != null) {
            addLifetime(windows, ResourceKind.TEAM_MEMBER, teamId + "/" + userId);
        }
        if (userId != null && organizationId != null) {
            addLifetime(windows, ResourceKind.ORGANIZATION_MEMBER, organizationId + "/" + userId);
        }
    }

    private static void addNamed(List<Window> windows, AdmissionRecord record) {
        if (record.endUser() != null) {
            addLifetime(windows, ResourceKind.END_USER, record.endUser());
        }
        record.tags().stream().distinct().forEach(tag -> addLifetime(windows, ResourceKind.TAG, tag));
        for (var part : record.elsewhere()) {
            if (part.root().kind() == ResourceKind.GLOBAL) {
                addLifetime(windows, ResourceKind.GLOBAL, part.root().id());
            }
        }
    }

    private static void addLifetime(List<Window> windows, ResourceKind kind, String id) {
        windows.add(new Window(kind.label, id, null, null, null));
    }

    /** The use is booked already. If the store cannot be told, the hold stays until its lease ends, and then the total is read from the ledger. */
    private Uni<Void> correctBalances(AdmissionRecord record, Booked booked) {
        var parts = record.parts().stream()
                .map(part -> correct(part, record, booked))
                .toList();
        var before = booked.spooled()
                ? spooled.keep(record, booked)
                : Uni.createFrom().voidItem();
        return before.chain(() -> Uni.join().all(parts).andCollectFailures())
                .onFailure()
                .invoke(failure ->
                        LOG.debugf("A settlement could not be told to the limit store: %s", failure.getMessage()))
                .onFailure()
                .recoverWithNull()
                .replaceWithVoid();
    }

    private Uni<Void> correct(AdmissionRecord.Part part, AdmissionRecord record, Booked booked) {
        var used = part.charges().stream().map(charge -> actual(charge, booked)).toList();
        return store.settle(part.root(), record.id().holdId(), used);
    }

    private static ActualCharge actual(Charge charge, Booked booked) {
        return charge instanceof Charge.Budget budget
                ? new ActualCharge(charge, used(charge, booked), booked.totalOf(budget))
                : new ActualCharge(charge, used(charge, booked));
    }

    /** A partial settlement says "at least this much": nothing is given back. */
    static long used(Charge charge, Booked booked) {
        return switch (charge.limit().kind()) {
            case TOKENS, TOKENS_PER_DAY, TOKEN_BUDGET -> atLeastReserved(charge, booked.totalTokens(), booked);
            case INPUT_TOKENS -> atLeastReserved(charge, booked.inputTokens(), booked);
            case OUTPUT_TOKENS -> atLeastReserved(charge, booked.outputTokens(), booked);
            case BUDGET -> booked.cost().value();
            // the request itself was made
            case REQUESTS, REQUEST_BUDGET, PARALLEL -> charge.amount();
        };
    }

    private static long atLeastReserved(Charge charge, long used, Booked booked) {
        return booked.partial() ? Math.max(charge.amount(), used) : used;
    }
}
