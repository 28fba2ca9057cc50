package io.tenantry.keys;

import static java.util.stream.Collectors.toMap;

import io.quarkus.hibernate.reactive.panache.Panache;
import io.smallrye.mutiny.Uni;
import io.tenantry.audit.AuditAction;
import io.tenantry.audit.AuditTrail;
import io.tenantry.core.BudgetPeriod;
import io.tenantry.core.NanoUsd;
import io.tenantry.identity.CurrentCaller;
import io.tenantry.tenancy.LimitColumns;
import io.tenantry.tenancy.OwnedBudgets;
import io.tenantry.tenancy.OwnedKeys;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.persistence.LockModeType;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Keys of teams and organizations as rows. Ends them in chunks, each with a fixed number of statements. */
@ApplicationScoped
class StoredOwnedKeys implements OwnedKeys {

    private static final int CHUNK = 500;

    private static final String COUNT = """
            select team_id, count(*) from api_key where team_id = any(cast(:teams as text[])) group by team_id""";

    /** What a key leaves open is taken from the budget it is linked to. */
    private static final String LIMITS = """
            select coalesce(k.key_alias, k.key_name) as name, k.key_id::text as id,
                   coalesce(k.max_budget_nano, b.max_budget_nano) as max_budget,
                   case when k.max_budget_nano is null then b.budget_duration else k.budget_duration end as period,
                   coalesce(k.tpm_limit, b.tpm_limit) as tpm, coalesce(k.rpm_limit, b.rpm_limit) as rpm,
                   coalesce(k.max_parallel_requests, b.max_parallel_requests) as parallel
            from api_key k left join budget b on b.budget_id = k.budget_id
            """;

    private static final String OF_TEAM = LIMITS + "where k.team_id = :owner";
    private static final String OF_ORGANIZATION = LIMITS + "where k.organization_id = :owner and k.team_id is null";
    private static final String BELOW_ORGANIZATION = OF_ORGANIZATION + " union all " + LIMITS
            + "join team t on t.team_id = k.team_id where t.organization_id = :owner";

    private static final String ABOVE = """
            select name, max_budget, tpm, rpm, parallel from (%s) k
            where max_budget > cast(:max as bigint) or tpm > cast(:tpm as bigint) or rpm > cast(:rpm as bigint)
                  or parallel > cast(:parallel as integer)
            limit 1""";

    // A cap for ever bounds what is spent in any period; a shorter period than the owner's does not.
    private static final String ALLOCATED = """
            select least(coalesce(sum(max_budget), 0), 9223372036854775807)::bigint,
                   min(name) filter (where max_budget is null or (period is not null and period <> all(cast(:periods as text[]))))
            from (%s) k where cast(:except as text) is null or id <> :except""";

    private static final String PROMISED = """
            select least(coalesce(sum(max_budget) filter (where bounded), 0), 9223372036854775807)::bigint,
                   count(*), count(*) filter (where not bounded)
            from (select max_budget, max_budget is not null
                         and (period is null or period = any(cast(:periods as text[]))) as bounded
                  from (%s) k) k""";

    private final KeyRepository keys;
    private final OwnedBudgets budgets;
    private final AuditTrail audit;
    private final CurrentCaller current;

    StoredOwnedKeys(KeyRepository keys, OwnedBudgets budgets, AuditTrail audit, CurrentCaller current) {
        this.keys = keys;
        this.budgets = budgets;
        this.audit = audit;
        this.current = current;
    }

    @Override
    public Uni<Void> endOfTeams(Collection<String> teamIds) {
        return teamIds.isEmpty() ? Uni.createFrom().voidItem() : end("teamId in ?1", teamIds);
    }

    @Override
    public Uni<Void> endOfUsers(Collection<String> userIds) {
        return userIds.isEmpty() ? Uni.createFrom().voidItem() : end("userId in ?1", userIds);
    }

    @Override
    public Uni<Void> endOfTeamMember(String teamId, String userId) {
        return end("teamId = ?1 and userId = ?2", teamId, userId);
    }

    @Override
    public Uni<Void> endOfOrganization(String organizationId) {
        return end("ownOrganizationId = ?1", organizationId);
    }

    @Override
    public Uni<Void> endOfOrganizationMember(String organizationId, String userId) {
        return end("ownOrganizationId = ?1 and teamId is null and userId = ?2", organizationId, userId);
    }

    private Uni<Void> end(String condition, Object... arguments) {
        return keys.find(condition + " order by keyId", arguments)
                .withLock(LockModeType.PESSIMISTIC_WRITE)
                .page(0, CHUNK)
                .list()
                .flatMap(found -> found.isEmpty()
                        ? Uni.createFrom().voidItem()
                        : end(found).chain(() -> end(condition, arguments)));
    }

    private Uni<Void> end(List<ApiKey> found) {
        return keys.delete(found, current.get().actor())
                .chain(() ->
                        budgets.deleteOf("key", found.stream().map(ApiKey::id).toList()))
                .chain(() -> audit.recordAll(
                        found.stream().map(StoredOwnedKeys::ended).toList()));
    }

    private static AuditTrail.Entry ended(ApiKey key) {
        return new AuditTrail.Entry(AuditAction.DELETED, key.ref(), key.organizationId, KeyView.audited(key), null);
    }

    @Override
    public Uni<Void> followTeam(String teamId) {
        return keys.update("ownOrganizationId = null where teamId = ?1 and ownOrganizationId is not null", teamId)
                .replaceWithVoid();
    }

    @Override
    public Uni<Map<String, Long>> countOfTeams(Collection<String> teamIds) {
        if (teamIds.isEmpty()) {
            return Uni.createFrom().item(Map.of());
        }
        return Panache.getSession()
                .flatMap(session -> session.createNativeQuery(COUNT, Object[].class)
                        .setParameter("teams", teamIds.toArray(String[]::new))
                        .getResultList())
                .map(rows ->
                        rows.stream().collect(toMap(row -> (String) row[0], row -> ((Number) row[1]).longValue())));
    }

    @Override
    public Uni<Optional<Above>> aboveInTeam(String teamId, LimitColumns ceiling) {
        return above(OF_TEAM, teamId, ceiling);
    }

    @Override
    public Uni<Optional<Above>> aboveInOrganization(String organizationId, LimitColumns ceiling) {
        return above(BELOW_ORGANIZATION, organizationId, ceiling);
    }

    private static Uni<Optional<Above>> above(String keysOfOwner, String owner, LimitColumns ceiling) {
        if (ceiling.maxBudgetNano == null
                && ceiling.tpmLimit == null
                && ceiling.rpmLimit == null
                && ceiling.maxParallelRequests == null) {
            return Uni.createFrom().item(Optional.empty());
        }
        return Panache.getSession()
                .flatMap(session -> session.createNativeQuery(ABOVE.formatted(keysOfOwner), Object[].class)
                        .setParameter("owner", owner)
                        .setParameter("max", ceiling.maxBudgetNano)
                        .setParameter("tpm", ceiling.tpmLimit)
                        .setParameter("rpm", ceiling.rpmLimit)
                        .setParameter("parallel", ceiling.maxParallelRequests)
                        .getResultList())
                .map(rows -> rows.stream().findFirst().map(row -> above(row, ceiling)));
    }

    private static Above above(Object[] row, LimitColumns ceiling) {
        var name = (String) row[0];
        var money = (Number) row[1];
        if (exceeds(money, ceiling.maxBudgetNano)) {
            return new Above(name, "max_budget", new NanoUsd(money.longValue()).toString());
        }
        if (exceeds((Number) row[2], ceiling.tpmLimit)) {
            return new Above(name, "tpm_limit", row[2].toString());
        }
        return exceeds((Number) row[3], ceiling.rpmLimit)
                ? new Above(name, "rpm_limit", row[3].toString())
                : new Above(name, "max_parallel_requests", row[4].toString());
    }

    private static boolean exceeds(Number own, Long most) {
        return own != null && most != null && own.longValue() > most;
    }

    @Override
    public Uni<Allocated> allocatedInTeam(String teamId, String period, String exceptId) {
        return allocated(OF_TEAM, teamId, period, exceptId);
    }

    @Override
    public Uni<Allocated> allocatedInOrganization(String organizationId, String period, String exceptId) {
        return allocated(OF_ORGANIZATION, organizationId, period, exceptId);
    }

    private static Uni<Allocated> allocated(String keysOfOwner, String owner, String period, String exceptId) {
        return Panache.getSession()
                .flatMap(session -> session.createNativeQuery(ALLOCATED.formatted(keysOfOwner), Object[].class)
                        .setParameter("owner", owner)
                        .setParameter("periods", BudgetPeriod.spellings(period).toArray(String[]::new))
                        .setParameter("except", exceptId)
                        .getSingleResult())
                .map(row -> new Allocated(((Number) row[0]).longValue(), (String) row[1]));
    }

    @Override
    public Uni<Promised> promisedInTeam(String teamId, String period) {
        return promised(OF_TEAM, teamId, period);
    }

    @Override
    public Uni<Promised> promisedInOrganization(String organizationId, String period) {
        return promised(OF_ORGANIZATION, organizationId, period);
    }

    private static Uni<Promised> promised(String keysOfOwner, String owner, String period) {
        return Panache.getSession()
                .flatMap(session -> session.createNativeQuery(PROMISED.formatted(keysOfOwner), Object[].class)
                        .setParameter("owner", owner)
                        .setParameter("periods", BudgetPeriod.spellings(period).toArray(String[]::new))
                        .getSingleResult())
                .map(Promised::of);
    }
}
