package io.tenantry.usage;

import io.quarkus.hibernate.reactive.panache.Panache;
import io.smallrye.mutiny.Uni;
import io.tenantry.core.BudgetPeriod;
import io.tenantry.core.NanoUsd;
import io.tenantry.core.ResourceKind;
import io.tenantry.platform.database.ReadSession;
import io.tenantry.tenancy.SpendLookup;
import io.tenantry.usage.SpendSql.Windows;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Instant;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.function.Predicate;
import org.hibernate.reactive.mutiny.Mutiny;

/**
 * Reads the spend that views show: what the limits count, without what was forgiven of it. Where a session is open it is read there: whoever holds a
 * connection never waits for a second one.
 */
@ApplicationScoped
class CurrentSpend implements SpendLookup {

    private static final long SECONDS_OF_A_DAY = 86_400;

    @Override
    public Uni<Map<String, NanoUsd>> current(ResourceKind kind, Collection<Scope> scopes) {
        return scopes.isEmpty()
                ? Uni.createFrom().item(Map.of())
                : ReadSession.with(() -> Panache.getSession().flatMap(session -> read(session, kind, scopes)))
                        .map(CurrentSpend::byId);
    }

    private static Uni<List<Object[]>> read(Mutiny.Session session, ResourceKind kind, Collection<Scope> scopes) {
        return session.createNativeQuery(SpendSql.of(kind, windows(scopes)), Object[].class)
                .setParameter("ids", scopes.stream().map(Scope::id).toArray(String[]::new))
                .setParameter(
                        "periods",
                        scopes.stream().map(scope -> scope.window().period()).toArray(String[]::new))
                .setParameter("starts", seconds(scopes, BudgetPeriod.Window::start))
                .setParameter("ends", seconds(scopes, BudgetPeriod.Window::end))
                .getResultList();
    }

    private static Windows windows(Collection<Scope> scopes) {
        var periods = scopes.stream()
                .map(Scope::window)
                .filter(Predicate.not(BudgetPeriod.LIFETIME::equals))
                .toList();
        if (periods.isEmpty()) {
            return Windows.LIFETIMES;
        }
        return periods.stream().allMatch(window -> isMidnight(window.start()) && isMidnight(window.end()))
                ? Windows.OF_WHOLE_DAYS
                : Windows.OF_PARTS_OF_DAYS;
    }

    private static boolean isMidnight(Instant moment) {
        return moment.getEpochSecond() % SECONDS_OF_A_DAY == 0;
    }

    private static Long[] seconds(Collection<Scope> scopes, Function<BudgetPeriod.Window, Instant> moment) {
        return scopes.stream()
                .map(scope -> moment.apply(scope.window()).getEpochSecond())
                .toArray(Long[]::new);
    }

    private static Map<String, NanoUsd> byId(List<Object[]> rows) {
        var spend = new HashMap<String, NanoUsd>();
        rows.forEach(row -> spend.put((String) row[0], new NanoUsd(((Number) row[1]).longValue())));
        return spend;
    }
}
