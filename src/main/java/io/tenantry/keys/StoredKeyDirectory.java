package io.tenantry.keys;

import io.quarkus.hibernate.reactive.panache.Panache;
import io.smallrye.mutiny.Uni;
import io.tenantry.identity.CurrentCaller;
import io.tenantry.platform.database.ReadSession;
import io.tenantry.tenancy.KeyDirectory;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Instant;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/** Keys as teams and users show them, and the first key of a new user. */
@ApplicationScoped
class StoredKeyDirectory implements KeyDirectory {

    private final Keys keys;
    private final KeySearch search;
    private final KeyRepository stored;
    private final KeyRows rows;
    private final CurrentCaller current;

    StoredKeyDirectory(Keys keys, KeySearch search, KeyRepository stored, KeyRows rows, CurrentCaller current) {
        this.keys = keys;
        this.search = search;
        this.stored = stored;
        this.rows = rows;
        this.current = current;
    }

    @Override
    public Uni<List<Map<String, Object>>> ofTeam(String teamId, int limit) {
        return Panache.withSession(
                () -> stored.newestOfTeam(teamId, Instant.now(), limit).flatMap(rows::of));
    }

    @Override
    public Uni<Map<String, List<Map<String, Object>>>> ofTeams(Collection<String> teamIds, int limitEach) {
        return search.newestOfTeams(teamIds, limitEach)
                .flatMap(ids -> ReadSession.with(() -> stored.ofIds(ids).flatMap(rows::of)))
                .map(found -> found.stream().collect(Collectors.groupingBy(row -> (String) row.get("team_id"))));
    }

    @Override
    public Uni<List<Map<String, Object>>> ofUser(String userId, int limit) {
        return Panache.withSession(() -> stored.newestOfUser(userId, limit).flatMap(rows::of));
    }

    @Override
    public Uni<String> issueFor(String userId, NewKeyTerms terms) {
        if (terms.administers()) {
            KeyRights.requireUnconfined(current.get().allowedRoutes());
        }
        return keys.store(NewKey.personal(userId, terms, current.get().actor()))
                .map(issued -> issued.secret().reveal());
    }
}
