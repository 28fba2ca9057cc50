package io.tenantry.tenancy;

import io.smallrye.mutiny.Multi;
import io.smallrye.mutiny.Uni;
import java.util.Collection;
import java.util.List;
import java.util.function.Function;

/** One step after the other: a session takes one statement at a time. */
final class InTurn {

    private InTurn() {}

    /** The results that are not null, in order; stops at the first failure. */
    static <I, O> Uni<List<O>> collect(Collection<I> items, Function<I, Uni<O>> step) {
        return Multi.createFrom()
                .iterable(items)
                .onItem()
                .transformToUniAndConcatenate(item -> step.apply(item))
                .collect()
                .asList();
    }
}
