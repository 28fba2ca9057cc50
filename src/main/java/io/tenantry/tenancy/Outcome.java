package io.tenantry.tenancy;

import io.tenantry.core.Problem;
import java.util.function.Function;

/** What became of one item of a bulk call: done with a result, or refused with the problem. */
record Outcome<T>(T done, Problem problem) {

    static <T> Outcome<T> of(T done) {
        return new Outcome<>(done, null);
    }

    static <T> Outcome<T> refused(Problem problem) {
        return new Outcome<>(null, problem);
    }

    boolean isDone() {
        return problem == null;
    }

    /** The result; throws the problem where there is none. */
    T orThrow() {
        if (problem != null) {
            throw problem;
        }
        return done;
    }

    <R> Outcome<R> map(Function<T, R> conversion) {
        return isDone() ? of(conversion.apply(done)) : refused(problem);
    }
}
