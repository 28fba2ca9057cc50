package io.tenantry.keys;

import io.smallrye.mutiny.Uni;
import io.tenantry.audit.AuditAction;
import io.tenantry.audit.AuditTrail;
import io.tenantry.core.BudgetPeriod;
import io.tenantry.core.NanoUsd;
import io.tenantry.core.Problem;
import io.tenantry.core.ProblemCode;
import io.tenantry.core.ResourceKind;
import io.tenantry.platform.change.Changes;
import io.tenantry.tenancy.BudgetDirectory;
import io.tenantry.tenancy.BudgetDirectory.BudgetTerms;
import io.tenantry.tenancy.LimitColumns;
import io.tenantry.tenancy.SpendLookup;
import io.tenantry.tenancy.SpendResets;
import jakarta.enterprise.context.ApplicationScoped;
import java.math.BigDecimal;
import java.util.List;
import java.util.Map;

/** Forgiving a key what it has spent in the current period. The ledger keeps its history; only what is compared with the cap changes. */
@ApplicationScoped
class KeySpend {

    private static final String RESET_TO = "reset_to";

    private final Changes changes;
    private final AuditTrail audit;
    private final KeyRepository keys;
    private final BudgetDirectory budgets;
    private final SpendLookup spent;
    private final SpendResets resets;

    KeySpend(
            Changes changes,
            AuditTrail audit,
            KeyRepository keys,
            BudgetDirectory budgets,
            SpendLookup spent,
            SpendResets resets) {
        this.spent = spent;
        this.changes = changes;
        this.audit = audit;
        this.keys = keys;
        this.budgets = budgets;
        this.resets = resets;
    }

    /** Fails with NEGATIVE_LIMIT or INVALID_VALUE for a target that is above the spend or the cap, with NOT_FOUND or FORBIDDEN for the key. */
    Uni<ResetSpendView> reset(KeyReach reach, KeyRef ref, BigDecimal target) {
        LimitColumns.requireMoney(RESET_TO, target);
        return changes.inTransaction(() -> keys.lockNamed(reach, ref)
                .invoke(key -> reach.require(ref, key))
                .flatMap(key -> reset(reach, key, new Target(RESET_TO, target))));
    }

    /**
     * The same as a field of an update, in its transaction, for a key that it has locked. Fails as {@link #reset} does, and with FORBIDDEN for whom
     * does not administer the key.
     */
    Uni<Void> set(KeyReach reach, ApiKey key, BigDecimal spend) {
        LimitColumns.requireMoney("spend", spend);
        return reach.everything() || reach.administers(key)
                ? reset(reach, key, new Target("spend", spend)).replaceWithVoid()
                : requireUnchanged(key, spend);
    }

    /** Rows show what was spent, and clients send them back. */
    private Uni<Void> requireUnchanged(ApiKey key, BigDecimal spend) {
        return budgetOf(key)
                .map(found -> new SpendLookup.Scope(
                        key.id(), KeyView.windowOf(key, key.budgetId == null ? null : found.get(key.budgetId))))
                .flatMap(scope -> spent.current(ResourceKind.KEY, List.of(scope)))
                .map(found -> found.getOrDefault(key.id(), NanoUsd.ZERO))
                .invoke(now -> {
                    if (now.toUsd().compareTo(spend) != 0) {
                        throw Problem.of(ProblemCode.FORBIDDEN)
                                .param("spend")
                                .detail(
                                        "Not allowed: only an admin of the key's team or organization may change what it has spent");
                    }
                })
                .replaceWithVoid();
    }

    /** What shall count as spent, and the field that says so. A row that is sent back may be above its cap already. */
    private record Target(String field, BigDecimal usd) {

        boolean isAbove(BigDecimal cap) {
            return field.equals(RESET_TO) && cap != null && usd.compareTo(cap) > 0;
        }

        Problem aboveThe(String limit) {
            return Problem.of(ProblemCode.INVALID_VALUE)
                    .param(field)
                    .detail("%s must not be above the %s", field, limit);
        }
    }

    private Uni<ResetSpendView> reset(KeyReach reach, ApiKey key, Target target) {
        return budgetOf(key).flatMap(budget -> reset(reach, key, budget, target));
    }

    private Uni<Map<String, BudgetTerms>> budgetOf(ApiKey key) {
        return budgets.byIds(key.budgetId == null ? List.of() : List.of(key.budgetId));
    }

    private Uni<ResetSpendView> reset(KeyReach reach, ApiKey key, Map<String, BudgetTerms> found, Target target) {
        var budget = key.budgetId == null ? null : found.get(key.budgetId);
        var cap = NanoUsd.usdOrNull(
                KeyCeilings.withBudget(key.limitsOrNone(), budget == null ? null : budget.limits()).maxBudgetNano);
        if (target.isAbove(cap)) {
            throw target.aboveThe("max_budget of the key, which is " + cap.toPlainString());
        }
        var window = KeyView.windowOf(key, budget);
        var wanted = NanoUsd.ofUsd(target.usd());
        return resets.reset(
                        ResourceKind.KEY,
                        key.id(),
                        window,
                        wanted,
                        reach.acting().caller().actor())
                .invoke(before -> requireLess(target, wanted, before))
                .call(before -> record(key, before, wanted))
                .map(before -> new ResetSpendView(
                        key.secretHash,
                        wanted.toUsd(),
                        before.toUsd(),
                        cap,
                        window.equals(BudgetPeriod.LIFETIME) ? null : window.end()));
    }

    private static void requireLess(Target target, NanoUsd wanted, NanoUsd before) {
        if (wanted.compareTo(before) > 0) {
            throw target.aboveThe("current spend, which is " + before.toUsd().toPlainString());
        }
    }

    private Uni<Void> record(ApiKey key, NanoUsd before, NanoUsd after) {
        if (before.equals(after)) {
            return Uni.createFrom().voidItem();
        }
        return audit.record(
                AuditAction.UPDATED, key.ref(), key.organizationId, withSpend(key, before), withSpend(key, after));
    }

    private static Map<String, Object> withSpend(ApiKey key, NanoUsd spend) {
        var view = KeyView.audited(key);
        view.put("spend", spend.toUsd());
        return view;
    }
}
