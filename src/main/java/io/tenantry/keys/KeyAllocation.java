package io.tenantry.keys;

import io.quarkus.hibernate.reactive.panache.Panache;
import io.smallrye.mutiny.Uni;
import io.tenantry.core.BudgetPeriod;
import io.tenantry.core.NanoUsd;
import io.tenantry.core.Problem;
import io.tenantry.core.ProblemCode;
import io.tenantry.core.Saturating;
import io.tenantry.tenancy.Allocation;
import io.tenantry.tenancy.BudgetDirectory;
import io.tenantry.tenancy.LimitColumns;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Objects;

/**
 * Holds keys within what their team or organization has left to hand out, where it hands out its budget exactly. Many keys cost the same few
 * statements as two.
 */
@ApplicationScoped
class KeyAllocation {

    private static final String CLAIM_ORGANIZATIONS = """
            select o.organization_id from organization o
            where o.organization_id = any(cast(:ids as text[])) and o.strict_allocation
            order by o.organization_id for no key update of o""";

    private static final String CLAIM_TEAMS = """
            select t.team_id from team t join organization o on o.organization_id = t.organization_id
            where t.team_id = any(cast(:ids as text[])) and o.strict_allocation
            order by t.team_id for no key update of t""";

    /** What a key leaves open is taken from the budget it is linked to. */
    private static final String KEYS = """
            select coalesce(k.key_alias, k.key_name) as name, coalesce(k.max_budget_nano, b.max_budget_nano) as max_budget,
                   case when k.max_budget_nano is null then b.budget_duration else k.budget_duration end as period
            from api_key k left join budget b on b.budget_id = k.budget_id""";

    /** One row for each period that the children of a parent have: whether it is spelled differently or is another one is not for SQL to say. */
    private static final String SHARES = """
            select p.id, p.cap, p.period, c.period as of_children, least(coalesce(sum(c.max_budget), 0), 9223372036854775807)::bigint,
                   min(c.name) filter (where c.max_budget is null) as open, min(c.name) as name
            from (%s) p cross join lateral (%s) c
            group by p.id, p.cap, p.period, c.period
            order by p.id, c.period""";

    private static final String SHARES_OF_TEAMS = SHARES.formatted("""
            select team_id as id, max_budget_nano as cap, budget_duration as period from team
            where team_id = any(cast(:ids as text[])) and max_budget_nano is not null""", KEYS + " where k.team_id = p.id");

    private static final String SHARES_OF_ORGANIZATIONS = SHARES.formatted(
            """
            select o.organization_id as id, b.max_budget_nano as cap, b.budget_duration as period
            from organization o join budget b on b.budget_id = o.budget_id
            where o.organization_id = any(cast(:ids as text[])) and b.max_budget_nano is not null""",
            "select t.team_id as name, t.max_budget_nano as max_budget, t.budget_duration as period from team t"
                    + " where t.organization_id = p.id union all " + KEYS
                    + " where k.organization_id = p.id and k.team_id is null");

    private final Allocation allocation;
    private final BudgetDirectory budgets;

    KeyAllocation(Allocation allocation, BudgetDirectory budgets) {
        this.allocation = allocation;
        this.budgets = budgets;
    }

    /**
     * Claims what {@link #require} will lock for keys of these owners, before their parents are held: two calls that hold the same team in share
     * mode and then want it alone would wait for each other.
     */
    Uni<Void> claim(Collection<KeyOwner> owners) {
        var organizations = owners.stream()
                .filter(owner -> owner.teamId() == null)
                .map(KeyOwner::organizationId)
                .filter(Objects::nonNull)
                .distinct()
                .toList();
        var teams = owners.stream()
                .map(KeyOwner::teamId)
                .filter(Objects::nonNull)
                .distinct()
                .toList();
        return claimed(CLAIM_ORGANIZATIONS, organizations)
                .chain(() -> claimed(CLAIM_TEAMS, teams))
                .replaceWithVoid();
    }

    /** Those that hand out their budget exactly; nobody else hands out of it until this transaction ends. */
    private static Uni<List<String>> claimed(String statement, List<String> ids) {
        return ids.isEmpty()
                ? Uni.createFrom().item(List.of())
                : Panache.getSession().flatMap(session -> session.createNativeQuery(statement, String.class)
                        .setParameter("ids", ids.toArray(String[]::new))
                        .getResultList());
    }

    /** As {@link #require} for keys that were changed together, and are written. */
    Uni<Void> requireAll(List<ApiKey> keys) {
        return keys.size() == 1 ? require(keys.get(0)) : requireTogether(keys);
    }

    private Uni<Void> requireTogether(List<ApiKey> keys) {
        var organizations = keys.stream()
                .filter(key -> key.teamId == null)
                .map(key -> key.ownOrganizationId)
                .filter(Objects::nonNull)
                .distinct()
                .toList();
        var teams = keys.stream()
                .map(key -> key.teamId)
                .filter(Objects::nonNull)
                .distinct()
                .toList();
        return requireRoom(organizations, teams);
    }

    /** Fails with PARENT_LIMIT_EXCEEDED where one of these that hands out its budget exactly has handed out more, as everything is written now. */
    Uni<Void> requireRoom(List<String> organizations, List<String> teams) {
        return claimed(CLAIM_ORGANIZATIONS, organizations)
                .flatMap(strict -> requireNotOverdrawn(SHARES_OF_ORGANIZATIONS, "organization", strict))
                .chain(() -> claimed(CLAIM_TEAMS, teams))
                .flatMap(strict -> requireNotOverdrawn(SHARES_OF_TEAMS, "team", strict));
    }

    private static Uni<Void> requireNotOverdrawn(String shares, String label, List<String> ids) {
        return ids.isEmpty()
                ? Uni.createFrom().voidItem()
                : Panache.getSession()
                        .flatMap(session -> session.createNativeQuery(shares, Object[].class)
                                .setParameter("ids", ids.toArray(String[]::new))
                                .getResultList())
                        .invoke(rows -> {
                            var sums = new HashMap<String, Long>();
                            rows.stream().map(Share::of).forEach(share -> {
                                share.requireBounded(label);
                                share.requireRoom(label, sums.merge(share.parent(), share.nano(), Saturating::add));
                            });
                        })
                        .replaceWithVoid();
    }

    /**
     * What the children of one parent with one period have together.
     *
     * @param open the name of one without a cap; null for none
     * @param name the name of one
     */
    private record Share(
            String parent, long capNano, String period, String periodOfChildren, long nano, String open, String name) {

        static Share of(Object[] row) {
            return new Share(
                    (String) row[0],
                    ((Number) row[1]).longValue(),
                    (String) row[2],
                    (String) row[3],
                    ((Number) row[4]).longValue(),
                    (String) row[5],
                    (String) row[6]);
        }

        void requireBounded(String label) {
            boolean otherPeriod =
                    periodOfChildren != null && !BudgetPeriod.spellings(period).contains(periodOfChildren);
            if (open != null || otherPeriod) {
                throw Problem.of(ProblemCode.PARENT_LIMIT_EXCEEDED)
                        .param(open != null ? "max_budget" : "budget_duration")
                        .detail(
                                "%s '%s' hands out its budget exactly (strict_allocation): give '%s' a max_budget, and its budget_duration or none",
                                label, parent, open != null ? open : name);
            }
        }

        void requireRoom(String label, long sum) {
            if (sum > capNano) {
                throw Problem.of(ProblemCode.PARENT_LIMIT_EXCEEDED)
                        .param("max_budget")
                        .detail(
                                "This would make it %s that %s '%s' hands out of its max_budget %s (strict_allocation), with '%s' among others",
                                new NanoUsd(sum), label, parent, new NanoUsd(capNano), name);
            }
        }
    }

    /**
     * Fails with PARENT_LIMIT_EXCEEDED where the key, as it shall be, would not fit. In the transaction that makes or changes it, and before its
     * row is locked.
     */
    Uni<Void> require(ApiKey key) {
        return limits(key)
                .flatMap(limits -> allocation.requireRoomForKey(key.teamId, key.ownOrganizationId, key.id(), limits));
    }

    /** A linked budget stands in for the cap that the key leaves open. */
    private Uni<LimitColumns> limits(ApiKey key) {
        var own = key.limitsOrNone();
        return key.budgetId == null || own.maxBudgetNano != null
                ? Uni.createFrom().item(own)
                : budgets.byIds(List.of(key.budgetId))
                        .map(found -> found.containsKey(key.budgetId)
                                ? found.get(key.budgetId).limits()
                                : own);
    }
}
