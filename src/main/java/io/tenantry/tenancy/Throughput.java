package io.tenantry.tenancy;

import io.quarkus.hibernate.reactive.panache.Panache;
import io.smallrye.mutiny.Uni;
import io.tenantry.core.Problem;
import io.tenantry.core.ProblemCode;
import io.vertx.core.json.JsonObject;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.Map;
import java.util.Objects;
import java.util.function.Function;

/**
 * Guaranteed throughput: a key or team of that type is written only where all children of its parent together, whatever their types, may have no more
 * than the parent, for all models and for each; and such a parent is not lowered below that. Each call runs in a transaction that holds the parent in
 * share mode at least, so that its limits stay; the sums of one parent are checked by one transaction at a time.
 */
@ApplicationScoped
public class Throughput {

    /** Held until the transaction ends: what the next one sums up is committed. A lock of the row itself would have to be taken before the share lock. */
    private static final String TURN = "select cast(pg_advisory_xact_lock(hashtextextended(:parent, 15)) as text)";

    private static final String UNDER =
            "select cast(throughput_under(:kind, cast(:parent as text), cast(:except as text)) as text)";

    /**
     * A key or team as it shall be.
     *
     * @param label for messages: {@code the key}
     */
    public record Child(String label, String id, LimitModes modes, Rates rates) {}

    /** What a parent has, and what its children have together without the one that is about to be written. */
    private record Under(Rates limits, Rates children, boolean tokensGuaranteed, boolean requestsGuaranteed) {

        static Under of(String text) {
            var json = new JsonObject(text);
            var limits = json.getJsonObject("limits");
            return new Under(
                    Rates.of(limits == null ? new JsonObject() : limits),
                    Rates.of(json.getJsonObject("children")),
                    json.getBoolean("tpm_guaranteed"),
                    json.getBoolean("rpm_guaranteed"));
        }
    }

    /** Fails with PARENT_LIMIT_EXCEEDED where the key's throughput is guaranteed and would not fit beside the others'. */
    public Uni<Void> requireRoomForKey(String teamId, String organizationId, Child key) {
        if (teamId != null) {
            return requireRoom("team", teamId, key);
        }
        return organizationId == null ? done() : requireRoom("organization", organizationId, key);
    }

    /** As {@link #requireRoomForKey} for a team in its organization. */
    Uni<Void> requireRoomForTeam(Team team) {
        var child = new Child(
                "team '" + team.teamId + "'",
                team.teamId,
                team.limitsOrNone().further().modes(),
                Rates.of(team));
        return team.organizationId == null ? done() : requireRoom("organization", team.organizationId, child);
    }

    private Uni<Void> requireRoom(String kind, String parent, Child child) {
        return !child.modes().isGuaranteed()
                ? done()
                : under(kind, parent, child.id())
                        .invoke(under -> requireRoom(under, kind + " '" + parent + "'", child))
                        .replaceWithVoid();
    }

    /** One of the two kinds of rates: what it is called, and where {@link Rates} have it. */
    private enum Kind {
        TOKENS("tpm_limit", Rates::tpm, Rates::modelTpm),
        REQUESTS("rpm_limit", Rates::rpm, Rates::modelRpm);

        private final String field;
        private final Function<Rates, Long> all;
        private final Function<Rates, Map<String, Long>> models;

        Kind(String field, Function<Rates, Long> all, Function<Rates, Map<String, Long>> models) {
            this.field = field;
            this.all = all;
            this.models = models;
        }

        private String fieldOf(String model) {
            return "model_" + field + "." + model;
        }

        /** A model without a limit of its own has that for all. */
        private Long of(Rates limits, String model) {
            return models.apply(limits).getOrDefault(model, all.apply(limits));
        }
    }

    private static void requireRoom(Under under, String parent, Child child) {
        if (child.modes().tokens() == ThroughputType.GUARANTEED) {
            requireRoom(Kind.TOKENS, under, parent, child);
        }
        if (child.modes().requests() == ThroughputType.GUARANTEED) {
            requireRoom(Kind.REQUESTS, under, parent, child);
        }
    }

    private static void requireRoom(Kind kind, Under under, String parent, Child child) {
        var own = child.rates();
        var others = under.children();
        var limits = under.limits();
        requireRoom(kind.field, kind.all.apply(own), kind.all.apply(others), kind.all.apply(limits), parent, child);
        kind.models
                .apply(own)
                .forEach((model, rate) -> requireRoom(
                        kind.fieldOf(model),
                        rate,
                        kind.models.apply(others).getOrDefault(model, 0L),
                        kind.of(limits, model),
                        parent,
                        child));
    }

    private static void requireRoom(String field, Long own, long others, Long most, String parent, Child child) {
        if (own != null && most != null && own > most - others) {
            throw Problem.of(ProblemCode.PARENT_LIMIT_EXCEEDED)
                    .param(field)
                    .detail(
                            "%s %d of %s cannot be guaranteed: %s has %d and the others in it have %d together; lower it or one of theirs, raise that of %s, or leave guaranteed_throughput out",
                            field, own, child.label(), parent, most, others, parent);
        }
    }

    /** Fails with PARENT_LIMIT_EXCEEDED where the team's limits are lowered below what its keys have together and one of them is guaranteed. */
    Uni<Void> requireKeysFit(Team team, Rates before) {
        return requireFit("team", team.teamId, before, Rates.of(team));
    }

    /** As {@link #requireKeysFit} for what an organization leaves to its teams and keys. */
    Uni<Void> requireChildrenFit(ParentLimits parent, Rates before) {
        return requireFit("organization", parent.organization().organizationId, before, Rates.of(parent));
    }

    private Uni<Void> requireFit(String kind, String parent, Rates before, Rates after) {
        return before.equals(after)
                ? done()
                : under(kind, parent, null)
                        .invoke(under -> requireFit(under, kind + " '" + parent + "'", before, after))
                        .replaceWithVoid();
    }

    private static void requireFit(Under under, String parent, Rates before, Rates after) {
        if (under.tokensGuaranteed()) {
            requireFit(Kind.TOKENS, under.children(), parent, before, after);
        }
        if (under.requestsGuaranteed()) {
            requireFit(Kind.REQUESTS, under.children(), parent, before, after);
        }
    }

    private static void requireFit(Kind kind, Rates children, String parent, Rates before, Rates after) {
        requireFits(kind.field, kind.all.apply(children), kind.all.apply(before), kind.all.apply(after), parent);
        kind.models
                .apply(children)
                .forEach((model, sum) -> requireFits(
                        kind.models.apply(after).containsKey(model) ? kind.fieldOf(model) : kind.field,
                        sum,
                        kind.of(before, model),
                        kind.of(after, model),
                        parent));
    }

    /** Only lowering is checked: what stopped fitting otherwise can still be raised. */
    private static void requireFits(String field, long sum, Long before, Long after, String parent) {
        boolean lowered = after != null && !Objects.equals(before, after) && (before == null || after < before);
        if (lowered && sum > after) {
            throw Problem.of(ProblemCode.PARENT_LIMIT_EXCEEDED)
                    .param(field)
                    .detail(
                            "%s %d of %s would be below the %d that those in it have together, and some of that is guaranteed (guaranteed_throughput): lower theirs first",
                            field, after, parent, sum);
        }
    }

    private static Uni<Under> under(String kind, String parent, String exceptId) {
        return Panache.getSession().flatMap(session -> session.createNativeQuery(TURN, String.class)
                .setParameter("parent", "throughput:" + kind + ":" + parent)
                .getSingleResultOrNull()
                .chain(() -> session.createNativeQuery(UNDER, String.class)
                        .setParameter("kind", kind)
                        .setParameter("parent", parent)
                        .setParameter("except", exceptId)
                        .getSingleResult())
                .map(Under::of));
    }

    private static Uni<Void> done() {
        return Uni.createFrom().voidItem();
    }
}
