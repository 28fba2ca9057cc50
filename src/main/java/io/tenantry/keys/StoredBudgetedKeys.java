package io.tenantry.keys;

import io.quarkus.hibernate.reactive.panache.Panache;
import io.smallrye.mutiny.Uni;
import io.tenantry.core.NanoUsd;
import io.tenantry.core.Problem;
import io.tenantry.core.ProblemCode;
import io.tenantry.tenancy.BudgetedKeys;
import io.tenantry.tenancy.LimitColumns;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.List;
import java.util.stream.Stream;

/** Keys that are linked to a budget as rows. */
@ApplicationScoped
class StoredBudgetedKeys implements BudgetedKeys {

    private static final String HOLD_ORGANIZATIONS = """
            select count(*) from (
                select from organization o
                where o.organization_id in (select k.effective_organization_id from api_key k where k.budget_id = :budget
                                            union all select b.organization_id from organization b where b.budget_id = :budget)
                order by o.organization_id for no key update of o) held""";

    private static final String HOLD_TEAMS = """
            select count(*) from (
                select from team t
                where t.team_id in (select k.team_id from api_key k where k.budget_id = :budget
                                    union all select b.team_id from team b where b.member_budget_id = :budget)
                order by t.team_id for no key update of t) held""";

    /** What a key leaves open is taken from the budget, with what it may spend beyond it for a time. */
    private static final String ABOVE = """
            select k.name, p.kind, p.id, k.max_budget, p.max_budget as most_budget, k.tpm, p.tpm as most_tpm, k.rpm, p.rpm as most_rpm,
                   k.parallel, p.parallel as most_parallel
            from (select coalesce(key_alias, key_name) as name, key_id, team_id, effective_organization_id,
                         case when max_budget_nano is null then cast(:max as bigint)
                             + coalesce(case when temp_budget_expires_at > now() then temp_budget_increase_nano end, 0) end as max_budget,
                         case when tpm_limit is null then cast(:tpm as bigint) end as tpm,
                         case when rpm_limit is null then cast(:rpm as bigint) end as rpm,
                         case when max_parallel_requests is null then cast(:parallel as integer) end as parallel
                  from api_key where budget_id = :budget) k
            cross join lateral (
                select 'team' as kind, t.team_id as id, t.max_budget_nano as max_budget, t.tpm_limit as tpm, t.rpm_limit as rpm,
                       t.max_parallel_requests as parallel
                from team t where t.team_id = k.team_id
                union all
                select 'organization', o.organization_id, b.max_budget_nano, b.tpm_limit, b.rpm_limit, b.max_parallel_requests
                from organization o join budget b on b.budget_id = o.budget_id
                where o.organization_id = k.effective_organization_id) p
            where k.max_budget > p.max_budget or k.tpm > p.tpm or k.rpm > p.rpm or k.parallel > p.parallel
            order by k.key_id, p.kind limit 1""";

    private static final String ORGANIZATIONS = """
            select distinct effective_organization_id from api_key
            where budget_id = :budget and max_budget_nano is null and team_id is null and effective_organization_id is not null""";

    private static final String TEAMS = """
            select distinct team_id from api_key where budget_id = :budget and max_budget_nano is null and team_id is not null""";

    private final KeyAllocation allocation;

    StoredBudgetedKeys(KeyAllocation allocation) {
        this.allocation = allocation;
    }

    @Override
    public Uni<Void> holdParents(String budgetId) {
        return Panache.getSession()
                .flatMap(session -> session.createNativeQuery(HOLD_ORGANIZATIONS, Long.class)
                        .setParameter("budget", budgetId)
                        .getSingleResult()
                        .chain(() -> session.createNativeQuery(HOLD_TEAMS, Long.class)
                                .setParameter("budget", budgetId)
                                .getSingleResult()))
                .replaceWithVoid();
    }

    @Override
    public Uni<Void> requireWithinParents(String budgetId, LimitColumns asked) {
        return Panache.getSession()
                .flatMap(session -> session.createNativeQuery(ABOVE, Object[].class)
                        .setParameter("budget", budgetId)
                        .setParameter("max", asked.maxBudgetNano)
                        .setParameter("tpm", asked.tpmLimit)
                        .setParameter("rpm", asked.rpmLimit)
                        .setParameter("parallel", asked.maxParallelRequests)
                        .getSingleResultOrNull())
                .invoke(row -> {
                    if (row != null) {
                        throw exceeded(row);
                    }
                })
                .replaceWithVoid();
    }

    private static Problem exceeded(Object[] row) {
        if (isAbove(row, 3)) {
            return exceeded("max_budget", money(row[3]), money(row[4]), row);
        }
        if (isAbove(row, 5)) {
            return exceeded("tpm_limit", row[5], row[6], row);
        }
        return isAbove(row, 7)
                ? exceeded("rpm_limit", row[7], row[8], row)
                : exceeded("max_parallel_requests", row[9], row[10], row);
    }

    private static boolean isAbove(Object[] row, int at) {
        return row[at] != null
                && row[at + 1] != null
                && ((Number) row[at]).longValue() > ((Number) row[at + 1]).longValue();
    }

    private static NanoUsd money(Object nano) {
        return new NanoUsd(((Number) nano).longValue());
    }

    private static Problem exceeded(String field, Object own, Object most, Object[] row) {
        return Problem.of(ProblemCode.PARENT_LIMIT_EXCEEDED)
                .param(field)
                .detail(
                        "Key '%s' is linked to this budget and would have a %s of %s, more than the %s of its %s '%s': give the budget less, give the key a %s of its own, or raise that of the %s",
                        row[0], field, own, most, row[1], row[2], field, row[1]);
    }

    @Override
    public Uni<Void> requireRoom(String budgetId, List<String> organizationIds) {
        return ids(ORGANIZATIONS, budgetId).flatMap(organizations -> ids(TEAMS, budgetId)
                .flatMap(teams -> allocation.requireRoom(
                        Stream.concat(organizations.stream(), organizationIds.stream())
                                .distinct()
                                .toList(),
                        teams)));
    }

    private static Uni<List<String>> ids(String statement, String budgetId) {
        return Panache.getSession().flatMap(session -> session.createNativeQuery(statement, String.class)
                .setParameter("budget", budgetId)
                .getResultList());
    }
}
