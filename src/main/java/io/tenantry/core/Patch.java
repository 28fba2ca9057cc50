package io.tenantry.core;

import java.util.function.Consumer;
import java.util.function.Function;

/**
 * What an update says about one field: nothing (absent: it stays), {@code null} (cleared: no limit, no value), or a value. Zero is a value. The
 * same rule holds in every update of this service.
 */
public sealed interface Patch<T> {

    /** The field is not in the request: it stays as it is. */
    record Absent<T>() implements Patch<T> {
        private static final Absent<?> INSTANCE = new Absent<>();
    }

    /** The field is in the request as {@code null}: it is cleared. */
    record Cleared<T>() implements Patch<T> {
        private static final Cleared<?> INSTANCE = new Cleared<>();
    }

    /** The field is in the request with this value, which is never null. */
    record To<T>(T value) implements Patch<T> {}

    @SuppressWarnings("unchecked")
    static <T> Patch<T> absent() {
        return (Patch<T>) Absent.INSTANCE;
    }

    @SuppressWarnings("unchecked")
    static <T> Patch<T> cleared() {
        return (Patch<T>) Cleared.INSTANCE;
    }

    /** A value, or cleared for null. */
    static <T> Patch<T> to(T value) {
        return value == null ? cleared() : new To<>(value);
    }

    /** Null stands for absent, so that code may build a request without naming every field. */
    static <T> Patch<T> orAbsent(Patch<T> patch) {
        return patch == null ? absent() : patch;
    }

    default boolean isPresent() {
        return !(this instanceof Absent);
    }

    /** The new value: the given one, null when cleared, {@code current} when absent. */
    default T over(T current) {
        return this instanceof To<T> to ? to.value() : this instanceof Cleared ? null : current;
    }

    /** The value, or null where it is absent or cleared. */
    default T orNull() {
        return over(null);
    }

    /** Hands the new value (null when cleared) on, if the field is in the request. */
    default void ifPresent(Consumer<? super T> action) {
        if (isPresent()) {
            action.accept(orNull());
        }
    }

    /** The same with the value converted. */
    default <R> Patch<R> map(Function<? super T, ? extends R> conversion) {
        return this instanceof To<T> to
                ? Patch.to(conversion.apply(to.value()))
                : this instanceof Cleared ? cleared() : absent();
    }
}
