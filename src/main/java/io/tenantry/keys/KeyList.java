package io.tenantry.keys;

import io.smallrye.mutiny.Uni;
import io.tenantry.core.Problem;
import io.tenantry.core.ProblemCode;
import io.tenantry.identity.Scope;
import io.tenantry.keys.KeySearch.Found;
import io.tenantry.keys.KeySearch.Page;
import io.tenantry.platform.database.ReadSession;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.UUID;
import java.util.function.Function;
import java.util.stream.Collectors;

/** Lists of keys, a page at a time. */
@ApplicationScoped
class KeyList {

    /** No id: a colon cannot be part of one. */
    private static final String NOBODY = ":nobody";

    private final KeySearch search;
    private final KeyRepository keys;
    private final KeyRows rows;
    private final KeyPeople people;
    private final DeletedKeys deleted;

    KeyList(KeySearch search, KeyRepository keys, KeyRows rows, KeyPeople people, DeletedKeys deleted) {
        this.search = search;
        this.keys = keys;
        this.rows = rows;
        this.people = people;
        this.deleted = deleted;
    }

    /** One page. Fails with FORBIDDEN when the owner asked for is none of the caller's, whether or not it exists. */
    Uni<KeyPageView> page(Scope scope, ListKeysQuery query) {
        return byUserId(query)
                .call(asked -> requireOwnersInReach(scope, asked))
                .flatMap(asked -> asked.deleted() ? deleted.page(scope, asked) : live(scope, asked));
    }

    private Uni<KeyPageView> live(Scope scope, ListKeysQuery query) {
        return search.page(scope, query)
                .flatMap(page -> shown(scope, page, query).map(shown -> KeyPageView.of(shown, page.total(), query)));
    }

    /** Somebody without an account has no keys, whoever asks: so addresses cannot be probed. */
    private Uni<ListKeysQuery> byUserId(ListKeysQuery query) {
        return query.userEmail() == null
                ? Uni.createFrom().item(query)
                : search.userByEmail(query.userEmail()).map(user -> query.ofUser(user == null ? NOBODY : user));
    }

    private Uni<Void> requireOwnersInReach(Scope scope, ListKeysQuery query) {
        var boundary = scope.boundary();
        if (boundary.everything()) {
            return Uni.createFrom().voidItem();
        }
        if (query.organizationId() != null && !boundary.holdsOrganization(query.organizationId())) {
            throw foreign("organization_id");
        }
        var administers =
                !boundary.organizations().isEmpty() || !boundary.teams().isEmpty();
        if (query.userId() != null && !administers && !boundary.holdsUser(query.userId())) {
            throw foreign("user_id");
        }
        return query.teamId() == null
                ? Uni.createFrom().voidItem()
                : search.knowsTeam(scope, query.teamId())
                        .invoke(KeyList::requireKnown)
                        .replaceWithVoid();
    }

    private static void requireKnown(boolean known) {
        if (!known) {
            throw foreign("team_id");
        }
    }

    private static Problem foreign(String field) {
        return Problem.of(ProblemCode.FORBIDDEN)
                .param(field)
                .detail("Not allowed: this %s is not yours to list keys of", field);
    }

    private Uni<List<?>> shown(Scope scope, Page page, ListKeysQuery query) {
        return query.isFull()
                ? ReadSession.with(() -> fullObjects(page))
                        .flatMap(rows -> query.expandUser()
                                ? people.addTo(scope, rows)
                                : Uni.createFrom().item(rows))
                        .map(List.class::cast)
                : Uni.createFrom()
                        .item(page.found().stream().map(Found::secretHash).toList());
    }

    private Uni<List<Map<String, Object>>> fullObjects(Page page) {
        var ids = page.found().stream().map(Found::keyId).toList();
        return keys.ofIds(ids)
                .map(found -> inOrderOf(ids, found))
                .flatMap(rows::of)
                .map(KeyList::withOrganization);
    }

    private static List<ApiKey> inOrderOf(List<UUID> ids, List<ApiKey> found) {
        var byId = found.stream().collect(Collectors.toMap(key -> key.keyId, Function.identity()));
        // one that was deleted since the page was read is left out
        return ids.stream().map(byId::get).filter(Objects::nonNull).toList();
    }

    /** Lists name the organization once more, by the name that clients read there. */
    private static List<Map<String, Object>> withOrganization(List<Map<String, Object>> rows) {
        return rows.stream().map(KeyList::withOrganization).toList();
    }

    private static Map<String, Object> withOrganization(Map<String, Object> row) {
        var full = new LinkedHashMap<>(row);
        full.put("org_id", row.get("organization_id"));
        return full;
    }
}
