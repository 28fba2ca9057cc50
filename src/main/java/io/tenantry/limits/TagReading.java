package io.tenantry.limits;

import static java.util.stream.Collectors.toMap;

import io.quarkus.hibernate.reactive.panache.Panache;
import io.smallrye.mutiny.Uni;
import io.tenantry.core.NanoUsd;
import io.tenantry.core.Problem;
import io.tenantry.core.ResourceKind;
import io.tenantry.identity.Scope;
import io.tenantry.platform.database.ReadSession;
import io.tenantry.tenancy.BudgetDirectory;
import io.tenantry.tenancy.BudgetDirectory.BudgetTerms;
import io.tenantry.tenancy.SpendLookup;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/** Answers questions about tags. They belong to no tenant: a scope with this right reaches all of them. */
@ApplicationScoped
class TagReading {

    /** The list has no pages; it ends here. */
    static final int MOST_TAGS = 1_000;

    private final BudgetDirectory budgets;
    private final SpendLookup spend;

    TagReading(BudgetDirectory budgets, SpendLookup spend) {
        this.budgets = budgets;
        this.spend = spend;
    }

    private record WithBudgets(List<Tag> tags, Map<String, BudgetTerms> budgets) {

        BudgetTerms budget(Tag tag) {
            return tag.budgetId == null ? null : budgets.get(tag.budgetId);
        }

        SpendLookup.Scope scope(Tag tag) {
            var budget = budget(tag);
            return SpendLookup.Scope.of(tag.name, budget);
        }
    }

    /** These tags by name; fails with NOT_FOUND naming the first that does not exist. */
    Uni<Map<String, TagView>> info(Scope scope, Collection<String> names) {
        return Panache.withSession(
                        () -> Tag.<Tag>list("name in ?1 order by name", names).flatMap(this::withBudgets))
                .flatMap(this::views)
                .map(found -> found.stream()
                        .collect(toMap(TagView::name, view -> view, (one, same) -> one, LinkedHashMap::new)))
                .map(found -> requireAll(names, found));
    }

    private static Map<String, TagView> requireAll(Collection<String> names, Map<String, TagView> found) {
        names.stream().filter(name -> !found.containsKey(name)).findFirst().ifPresent(name -> {
            throw Problem.notFound(ResourceKind.TAG, name).param("names");
        });
        return found;
    }

    Uni<TagView> info(Scope scope, String name) {
        return info(scope, List.of(name)).map(found -> found.get(name));
    }

    /** The tags that have a row, newest first, {@value #MOST_TAGS} at most. */
    Uni<List<TagView>> list(Scope scope) {
        return ReadSession.with(() -> Tag.<Tag>find("order by createdAt desc, name")
                        .page(0, MOST_TAGS)
                        .list()
                        .flatMap(this::withBudgets))
                .flatMap(this::views);
    }

    private Uni<WithBudgets> withBudgets(List<Tag> tags) {
        var ids = tags.stream()
                .map(tag -> tag.budgetId)
                .filter(Objects::nonNull)
                .distinct()
                .toList();
        return budgets.byIds(ids).map(terms -> new WithBudgets(tags, terms));
    }

    /** Spend is asked for after the session has given its connection back. */
    private Uni<List<TagView>> views(WithBudgets found) {
        return spend.current(
                        ResourceKind.TAG,
                        found.tags().stream().map(found::scope).toList())
                .map(spent -> found.tags().stream()
                        .map(tag -> TagView.of(tag, found.budget(tag), spent.getOrDefault(tag.name, NanoUsd.ZERO)))
                        .toList());
    }
}
