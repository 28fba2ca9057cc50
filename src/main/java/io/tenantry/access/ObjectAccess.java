package io.tenantry.access;

import io.tenantry.core.ResourceKind;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Which objects may be used: every level has to allow them, so the most restrictive one decides.
 *
 * @param combined what is left for the caller, for the proxy to hold it to; null when nothing is restricted
 */
public record ObjectAccess(List<Level> levels, Map<String, Object> combined) {

    /** Nobody says anything. */
    public static final ObjectAccess OPEN = new ObjectAccess(List.of());

    public ObjectAccess(List<Level> levels) {
        this(
                List.copyOf(levels),
                ObjectPermissions.mostRestrictive(
                        levels.stream().map(Level::terms).toList()));
    }

    /** One level and what it says, most specific first; fields that are absent or null say nothing. */
    public record Level(ResourceKind scope, String id, Map<String, Object> terms) {

        public Level {
            terms = ObjectPermissions.whole(terms);
        }
    }

    /** What a request wants to use, and the level that does not allow it. */
    public record Denied(Level level, String field, String wanted) {}

    /** The same with further levels. */
    public ObjectAccess with(List<Level> more) {
        return more.isEmpty()
                ? this
                : new ObjectAccess(Stream.concat(levels.stream(), more.stream()).toList());
    }

    /** The first level that does not allow all of it; empty when all do. */
    public Optional<Denied> firstDenying(WantedObjects wanted) {
        if (wanted.isEmpty()) {
            return Optional.empty();
        }
        return levels.stream()
                .map(level -> wanted.deniedBy(level))
                .flatMap(Optional::stream)
                .findFirst();
    }
}
