package io.tenantry.keys;

import io.smallrye.mutiny.Uni;
import io.tenantry.core.Problem;
import io.tenantry.core.ProblemCode;
import io.tenantry.core.ResourceKind;
import io.tenantry.identity.Scope;
import io.tenantry.keys.KeyEditor.Wish;
import io.tenantry.keys.KeyUpdates.Result;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.validation.Validator;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.function.Consumer;

/** Changing many keys by one call, in chunks of which each is one transaction and a constant number of statements. */
@ApplicationScoped
class BulkKeyUpdates {

    /** One transaction holds a lock on each of them. */
    static final int CHUNK = 500;

    /** What an answer that is one document holds. */
    static final int MOST_IN_DOCUMENT = 10_000;

    private static final UUID FIRST = new UUID(0, 0);

    private final KeyUpdates updates;
    private final KeySearch search;
    private final KeyRepository keys;
    private final Validator validator;

    BulkKeyUpdates(KeyUpdates updates, KeySearch search, KeyRepository keys, Validator validator) {
        this.keys = keys;
        this.updates = updates;
        this.search = search;
        this.validator = validator;
    }

    /** Each item with its own fields. Fails as a whole only for its form. */
    Uni<List<Result>> update(KeyReach reach, BulkUpdateKeysRequest request) {
        var items = request.keys();
        if (items.isEmpty() || items.size() > CHUNK) {
            throw Problem.of(ProblemCode.INVALID_VALUE)
                    .param("keys")
                    .detail("keys must have 1 to %d items, not %d", CHUNK, items.size());
        }
        var wishes = items.stream().map(item -> new Wish(item.ref(), item)).toList();
        var unfit = wishes.stream().map(this::unfit).toList();
        if (unfit.stream().allMatch(problem -> problem == null)) {
            return updates.updateAll(reach, wishes, request.isAtomic());
        }
        if (request.isAtomic()) {
            throw unfit.stream().filter(problem -> problem != null).findFirst().orElseThrow();
        }
        var fit = wishes.stream().filter(wish -> unfit(wish) == null).toList();
        return updates.updateAll(reach, fit, false).map(results -> merged(wishes, unfit, results));
    }

    /** Constraints of one item are that item's failure. */
    private Problem unfit(Wish wish) {
        try {
            wish.request().requireNoSpend();
        } catch (Problem spend) {
            return spend;
        }
        return validator.validate(wish.request()).stream()
                .findFirst()
                .map(violation -> Problem.of(ProblemCode.VALIDATION)
                        .detail("%s %s", violation.getPropertyPath(), violation.getMessage()))
                .orElse(null);
    }

    private static List<Result> merged(List<Wish> wishes, List<Problem> unfit, List<Result> results) {
        var next = results.iterator();
        var all = new ArrayList<Result>(wishes.size());
        for (int i = 0; i < wishes.size(); i++) {
            all.add(unfit.get(i) == null ? next.next() : new Result(wishes.get(i), null, unfit.get(i)));
        }
        return all;
    }

    /** The same change to keys of one team; one that is not of the team is not there. The results are kept, so there is a most. */
    Uni<List<Result>> updateTeam(KeyReach reach, BulkUpdateTeamKeysRequest request) {
        var results = new ArrayList<Result>();
        return allowed(reach, request)
                .chain(() -> request.ofAll()
                        ? requireFew(request.teamId())
                        : Uni.createFrom().voidItem())
                .chain(() -> update(reach, request, results::addAll))
                .replaceWith(results);
    }

    /** The same for any number of keys: each chunk's results are handed on once it is committed. */
    Uni<Void> updateTeam(KeyReach reach, BulkUpdateTeamKeysRequest request, Consumer<List<Result>> told) {
        return allowed(reach, request).chain(() -> update(reach, request, told));
    }

    private Uni<?> allowed(KeyReach reach, BulkUpdateTeamKeysRequest request) {
        request.requireMeaningful();
        return search.team(reach.seeing(), request.teamId())
                .invoke(team -> requireTeam(reach.acting(), request.teamId(), team));
    }

    private Uni<Void> update(KeyReach reach, BulkUpdateTeamKeysRequest request, Consumer<List<Result>> told) {
        return request.ofAll()
                ? chunk(reach, request, FIRST, told)
                : updateOf(reach, request, request.keyIds(), request.isAtomic())
                        .invoke(told)
                        .replaceWithVoid();
    }

    private Uni<Void> requireFew(String teamId) {
        return keys.idsOfTeam(teamId, FIRST, MOST_IN_DOCUMENT + 1)
                .invoke(ids -> {
                    if (ids.size() > MOST_IN_DOCUMENT) {
                        throw Problem.of(ProblemCode.INVALID_VALUE)
                                .param("all_keys_in_team")
                                .detail(
                                        "The team has more than %d keys: send Accept: application/x-ndjson",
                                        MOST_IN_DOCUMENT);
                    }
                })
                .replaceWithVoid();
    }

    private static void requireTeam(Scope scope, String teamId, KeySearch.KnownTeam team) {
        if (team != null && scope.boundary().holdsTeam(teamId, team.organizationId())) {
            return;
        }
        if (team == null || !team.known()) {
            throw Problem.notFound(ResourceKind.TEAM, teamId);
        }
        throw Problem.of(ProblemCode.FORBIDDEN)
                .param("team_id")
                .detail("Not allowed: only admins of team '%s' may change its keys", teamId);
    }

    private Uni<List<Result>> updateOf(
            KeyReach reach, BulkUpdateTeamKeysRequest request, List<String> named, boolean atomic) {
        var wishes = named.stream()
                .map(key -> new Wish(KeyRef.of(key), request.updateFields()))
                .toList();
        return updates.updateAll(reach.within(request.teamId()), wishes, atomic);
    }

    private Uni<Void> chunk(
            KeyReach reach, BulkUpdateTeamKeysRequest request, UUID after, Consumer<List<Result>> told) {
        return keys.idsOfTeam(request.teamId(), after, CHUNK).flatMap(ids -> {
            if (ids.isEmpty()) {
                return Uni.createFrom().voidItem();
            }
            var named = ids.stream().map(UUID::toString).toList();
            return updateOf(reach, request, named, false)
                    .invoke(told)
                    .chain(() -> ids.size() < CHUNK
                            ? Uni.createFrom().voidItem()
                            : chunk(reach, request, ids.get(ids.size() - 1), told));
        });
    }
}
