package io.tenantry.keys;

import io.quarkus.hibernate.reactive.panache.Panache;
import io.smallrye.mutiny.Uni;
import io.tenantry.audit.AuditAction;
import io.tenantry.audit.AuditTrail;
import io.tenantry.identity.CurrentCaller;
import io.tenantry.tenancy.BudgetDirectory;
import io.tenantry.tenancy.KeyDirectory;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.persistence.LockModeType;
import java.time.Instant;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Collectors;

/** Keys as teams and users show them, and the first key of a new user. */
@ApplicationScoped
class StoredKeyDirectory implements KeyDirectory {

    /** Keys that are ended with one set of statements. */
    private static final int CHUNK = 500;

    private final Keys keys;
    private final KeySearch search;
    private final KeyRepository stored;
    private final KeyRows rows;
    private final CurrentCaller current;
    private final AuditTrail audit;
    private final BudgetDirectory budgets;

    StoredKeyDirectory(
            Keys keys,
            KeySearch search,
            KeyRepository stored,
            KeyRows rows,
            CurrentCaller current,
            AuditTrail audit,
            BudgetDirectory budgets) {
        this.keys = keys;
        this.search = search;
        this.stored = stored;
        this.rows = rows;
        this.current = current;
        this.audit = audit;
        this.budgets = budgets;
    }

    @Override
    public Uni<List<Map<String, Object>>> ofTeam(String teamId, int limit) {
        return Panache.withSession(
                () -> stored.newestOfTeam(teamId, Instant.now(), limit).flatMap(rows::of));
    }

    @Override
    public Uni<Map<String, List<Map<String, Object>>>> ofTeams(Collection<String> teamIds, int limitEach) {
        return search.newestOfTeams(teamIds, limitEach)
                .flatMap(ids -> Panache.withSession(() -> stored.ofIds(ids).flatMap(rows::of)))
                .map(found -> found.stream().collect(Collectors.groupingBy(row -> (String) row.get("team_id"))));
    }

    @Override
    public Uni<List<Map<String, Object>>> ofUser(String userId, int limit) {
        return Panache.withSession(() -> stored.newestOfUser(userId, limit).flatMap(rows::of));
    }

    @Override
    public Uni<String> issueFor(String userId, NewKeyTerms terms) {
        return keys.store(NewKey.personal(userId, terms, current.get().actor()))
                .map(issued -> issued.secret().reveal());
    }

    @Override
    public Uni<Void> endOfUsers(Collection<String> userIds) {
        if (userIds.isEmpty()) {
            return Uni.createFrom().voidItem();
        }
        return stored.find("userId in ?1 order by keyId", userIds)
                .withLock(LockModeType.PESSIMISTIC_WRITE)
                .page(0, CHUNK)
                .list()
                .flatMap(found -> found.isEmpty()
                        ? Uni.createFrom().voidItem()
                        : end(found).chain(() -> endOfUsers(userIds)));
    }

    private Uni<Void> end(List<ApiKey> found) {
        return stored.delete(found, current.get().actor())
                .chain(() -> budgets.deletePrivate(found.stream()
                        .map(key -> key.budgetId)
                        .filter(Objects::nonNull)
                        .toList()))
                .chain(() -> audit.recordAll(
                        found.stream().map(StoredKeyDirectory::ended).toList()));
    }

    private static AuditTrail.Entry ended(ApiKey key) {
        return new AuditTrail.Entry(AuditAction.DELETED, key.ref(), key.organizationId, KeyView.audited(key), null);
    }
}
