package io.tenantry.usage;

import io.smallrye.mutiny.Uni;
import io.tenantry.admission.AdmissionRecord;
import io.tenantry.admission.KeyTerms;
import io.tenantry.admission.KeyTermsReader;
import io.tenantry.admission.NamedScopes;
import io.tenantry.admission.NamedScopes.Named;
import io.tenantry.admission.OutputHistory;
import io.tenantry.core.Problem;
import io.tenantry.core.ProblemCode;
import io.tenantry.core.SecretHash;
import io.tenantry.usage.KnownRequests.Request;
import io.tenantry.usage.UsageRequest.Use;
import io.tenantry.usage.UsageView.UseView;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.UUID;

/**
 * Books uses that nobody admitted: each once, in the periods of its own moment. Nothing is refused for a limit or a block, since it has been used:
 * budgets and rates are charged, and later requests pay for it.
 */
@ApplicationScoped
class UnadmittedUsage {

    private final KeyTermsReader keys;
    private final NamedScopes scopes;
    private final KnownRequests known;
    private final Costs costs;
    private final Ledger ledger;
    private final UnadmittedBalances balances;
    private final OutputHistory history;
    private final UsageConfig config;

    UnadmittedUsage(
            KeyTermsReader keys,
            NamedScopes scopes,
            KnownRequests known,
            Costs costs,
            Ledger ledger,
            UnadmittedBalances balances,
            OutputHistory history,
            UsageConfig config) {
        this.keys = keys;
        this.scopes = scopes;
        this.known = known;
        this.costs = costs;
        this.ledger = ledger;
        this.balances = balances;
        this.history = history;
        this.config = config;
    }

    /** A use on its way into the ledger, or the reason why it does not get there. */
    private record Entry(Use use, AdmissionRecord record, UsageEvent event, Problem refusal) {}

    /** Repeating it books nothing twice. Fails with OVERLOADED or DATABASE_UNAVAILABLE when a part may not be booked: then repeat all of it. */
    Uni<UsageView> book(List<Use> uses) {
        var now = Instant.now();
        return termsOf(uses)
                .flatMap(terms -> Uni.combine()
                        .all()
                        .unis(named(uses, terms), known.momentsOf(moments(uses, terms, now)))
                        .with((named, booked) -> entries(uses, new Terms(terms, named), booked, now)))
                .flatMap(this::append);
    }

    /** What was read about the keys and the scopes that uses name. */
    private record Terms(Map<Object, KeyTerms> keys, Named named) {}

    /** Of a request for admission they would be asked as well: customers, tags and the one for all. */
    private Uni<Named> named(List<Use> uses, Map<Object, KeyTerms> terms) {
        var endUsers = new LinkedHashSet<String>();
        var tags = new LinkedHashSet<String>();
        for (var use : uses) {
            if (use.endUser() != null) {
                endUsers.add(use.endUser());
            }
            var name = nameOf(use);
            tags.addAll(
                    name != null && terms.containsKey(name) ? terms.get(name).tags(use.tags()) : use.tags());
        }
        return scopes.ofAll(endUsers, tags);
    }

    /** Of keys that we know; the others' uses are refused. */
    private static Map<Request, Instant> moments(List<Use> uses, Map<Object, KeyTerms> keys, Instant now) {
        var moments = new HashMap<Request, Instant>();
        for (var use : uses) {
            var name = nameOf(use);
            if (name != null && keys.containsKey(name)) {
                moments.put(requestOf(use, keys.get(name)), use.at() == null ? now : use.at());
            }
        }
        return moments;
    }

    private static Request requestOf(Use use, KeyTerms key) {
        return new Request(key.owner().keyId(), use.requestId());
    }

    private Uni<Map<Object, KeyTerms>> termsOf(List<Use> uses) {
        var hashes = uses.stream()
                .map(UnadmittedUsage::nameOf)
                .filter(String.class::isInstance)
                .map(String.class::cast)
                .distinct()
                .toList();
        var ids = uses.stream()
                .map(UnadmittedUsage::nameOf)
                .filter(UUID.class::isInstance)
                .map(UUID.class::cast)
                .distinct()
                .toList();
        return keys.find(hashes, ids).map(UnadmittedUsage::byName);
    }

    private static Map<Object, KeyTerms> byName(List<KeyTerms> found) {
        var byName = new HashMap<Object, KeyTerms>();
        for (var terms : found) {
            byName.put(terms.owner().secretHash(), terms);
            byName.put(terms.owner().keyId(), terms);
        }
        return byName;
    }

    /** The hash of the secret, or the id; null when none of them or both are given. */
    private static Object nameOf(Use use) {
        if ((use.apiKey() == null) == (use.keyId() == null)) {
            return null;
        }
        return use.apiKey() == null ? UUID.fromString(use.keyId()) : SecretHash.of(use.apiKey());
    }

    private List<Entry> entries(List<Use> uses, Terms terms, Map<Request, Instant> booked, Instant now) {
        var entries = new ArrayList<Entry>(uses.size());
        // one that is named twice in a call is the same use, also where the call dates it twice
        var moments = new HashMap<>(booked);
        for (var use : uses) {
            try {
                var key = keyOf(use, terms.keys());
                var entry = entry(use, key, terms.named(), moments.get(requestOf(use, key)), now);
                moments.putIfAbsent(requestOf(use, key), entry.event().admittedAt());
                entries.add(entry);
            } catch (Problem refusal) {
                entries.add(new Entry(use, null, null, refusal));
            }
        }
        return entries;
    }

    /** A request that is booked already keeps its moment: under it the ledger knows that it is the same. */
    private Entry entry(Use use, KeyTerms key, Named named, Instant bookedAt, Instant now) {
        requireWhole(use);
        var at = bookedAt == null ? momentOf(use, now) : bookedAt;
        var used =
                Used.of(use.inputTokens(), use.outputTokens(), use.totalTokens(), use.costUsd(), use.status(), false);
        var id = key.idOf(use.requestId(), at);
        var record = key.use(
                id, use.model(), used.inputTokens(), used.tokensPricedAsOutput(), use.endUser(), use.tags(), named);
        return new Entry(use, record, UsageEvent.of(record, record.model(), used, costs), null);
    }

    private static void requireWhole(Use use) {
        if (Boolean.TRUE.equals(use.partial())) {
            throw Problem.of(ProblemCode.INVALID_VALUE)
                    .param("partial")
                    .detail(
                            "A use without an admission is booked once: send it when all of it is known, or ask for an admission and settle that in parts");
        }
    }

    private Instant momentOf(Use use, Instant now) {
        var at = use.at() == null ? now : use.at();
        if (at.isBefore(now.minus(config.oldestUse()))) {
            throw Problem.of(ProblemCode.INVALID_VALUE)
                    .param("at")
                    .detail(
                            "at is longer ago than tenantry.usage.oldest-use (%s): its periods are closed",
                            config.oldestUse());
        }
        if (at.isAfter(now.plus(config.clockTolerance()))) {
            throw Problem.of(ProblemCode.INVALID_VALUE).param("at").detail("at lies in the future: %s", at);
        }
        return at;
    }

    private static KeyTerms keyOf(Use use, Map<Object, KeyTerms> terms) {
        var name = nameOf(use);
        if (name == null) {
            throw Problem.of(ProblemCode.INVALID_VALUE)
                    .param("api_key")
                    .detail("Name the key by exactly one of api_key and key_id");
        }
        return Objects.requireNonNullElseGet(terms.get(name), () -> {
            throw Problem.of(ProblemCode.UNKNOWN_KEY)
                    .param(use.apiKey() == null ? "key_id" : "api_key")
                    .detail("No such key exists or existed here");
        });
    }

    private Uni<UsageView> append(List<Entry> entries) {
        var accepted = entries.stream().filter(entry -> entry.refusal() == null).toList();
        if (accepted.isEmpty()) {
            return Uni.createFrom().item(view(entries, List.of()));
        }
        return Uni.join()
                .all(accepted.stream()
                        .map(entry -> ledger.append(entry.event()))
                        .toList())
                .andFailFast()
                .call(booked -> tell(accepted, booked))
                .map(booked -> view(entries, booked));
    }

    private Uni<Void> tell(List<Entry> accepted, List<Booked> booked) {
        var told = new ArrayList<UnadmittedBalances.Use>();
        for (int i = 0; i < accepted.size(); i++) {
            var record = accepted.get(i).record();
            told.add(new UnadmittedBalances.Use(record, booked.get(i)));
            if (booked.get(i).first() && booked.get(i).status().equals(Used.SUCCESS)) {
                history.observe(
                        record.owner().keyId(), record.model(), booked.get(i).outputTokens());
            }
        }
        return balances.charge(told, Instant.now());
    }

    private static UsageView view(List<Entry> entries, List<Booked> booked) {
        var results = new ArrayList<UseView>(entries.size());
        var next = booked.iterator();
        for (var entry : entries) {
            var requestId = entry.use().requestId();
            results.add(
                    entry.refusal() == null
                            ? UseView.booked(requestId, next.next())
                            : UseView.refused(requestId, entry.refusal()));
        }
        return UsageView.of(results);
    }
}
