package io.tenantry.admission;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.quarkus.runtime.Startup;
import io.smallrye.mutiny.Uni;
import io.tenantry.admission.NamedScope.Check;
import io.tenantry.core.Ids;
import io.tenantry.core.ResourceKind;
import io.tenantry.limits.engine.LimitStore;
import io.tenantry.limits.engine.ObjectVersion;
import io.tenantry.limits.engine.StoreUnavailable;
import io.tenantry.platform.redis.LiveInstances;
import io.tenantry.platform.redis.TenantRoot;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;

/**
 * The scopes that requests name. Remembered like policies, and never trusted for their age: the versions that each was built from are compared with
 * those in Redis before it counts. A name that nobody has registered is remembered as such; registering it changes its version.
 */
@Startup // its meter is there from the first scrape on
@ApplicationScoped
public class NamedScopes {

    /** How often a scope may change under a request before it is taken as it was read last. */
    private static final int MOST_ATTEMPTS = 3;

    private static final Name GLOBAL = new Name(ResourceKind.GLOBAL, "global");

    private final NamedScopeReader reader;
    private final LimitStore store;
    private final LiveInstances instances;
    private final AdmissionConfig config;
    private final Cache<Name, NamedScope> cached;

    NamedScopes(
            NamedScopeReader reader,
            LimitStore store,
            LiveInstances instances,
            AdmissionConfig config,
            MeterRegistry metrics) {
        this.reader = reader;
        this.store = store;
        this.instances = instances;
        this.config = config;
        this.cached =
                Caffeine.newBuilder().maximumSize(config.cachedNamedScopes()).build();
        Gauge.builder("tenantry.named.scopes.cache.size", cached, Cache::estimatedSize)
                .description("End users and tags in memory")
                .register(metrics);
    }

    /** What a request names. */
    record Name(ResourceKind kind, String name) {

        /** Names may hold anything; what stands for them in Redis may not. */
        String id() {
            return Ids.inNames(name);
        }

        TenantRoot root() {
            return new TenantRoot(kind, id());
        }
    }

    /** Those that concern a request: confirmed ones, or as they were read last while Redis is away. Without names it costs nothing. */
    Uni<List<NamedScope>> of(String endUser, List<String> tags) {
        var names = names(endUser, tags);
        if (names.isEmpty()) {
            return Uni.createFrom().item(List.of());
        }
        return confirmed(names, 1);
    }

    /** Those that concern any of several uses, read together. */
    public Uni<Named> ofAll(Collection<String> endUsers, Collection<String> tags) {
        var names = names(endUsers, tags);
        return names.isEmpty()
                ? Uni.createFrom().item(Named.NONE)
                : confirmed(names, 1).map(Named::new);
    }

    /** Scopes that uses name, to be picked from. */
    public static final class Named {

        /** Of a use that names nothing. */
        public static final Named NONE = new Named(List.of());

        private final Map<Name, NamedScope> scopes = new LinkedHashMap<>();

        private Named(List<NamedScope> found) {
            found.forEach(scope -> scopes.put(new Name(scope.kind(), scope.name()), scope));
        }

        /** Those of one use, and the one that all share. */
        List<NamedScope> of(String endUser, List<String> tags) {
            return Stream.concat(named(endUsers(endUser), tags), Stream.of(GLOBAL))
                    .map(scopes::get)
                    .filter(Objects::nonNull)
                    .toList();
        }
    }

    private List<Name> names(String endUser, List<String> tags) {
        return names(endUsers(endUser), tags);
    }

    private List<Name> names(Collection<String> endUsers, Collection<String> tags) {
        if (endUsers.isEmpty() && tags.isEmpty() && config.globalBudgetId().isEmpty()) {
            return List.of();
        }
        var shared = config.globalBudgetId().map(budget -> GLOBAL).stream();
        return Stream.concat(named(endUsers, tags), shared).toList();
    }

    private static Stream<Name> named(Collection<String> endUsers, Collection<String> tags) {
        return Stream.concat(
                endUsers.stream().map(endUser -> new Name(ResourceKind.END_USER, endUser)),
                tags.stream().map(tag -> new Name(ResourceKind.TAG, tag)));
    }

    private static List<String> endUsers(String oneOrNull) {
        return oneOrNull == null ? List.of() : List.of(oneOrNull);
    }

    private Uni<List<NamedScope>> confirmed(List<Name> names, int attempt) {
        return known(names).flatMap(scopes -> outdated(scopes).flatMap(old -> {
            if (old.isEmpty() || attempt == MOST_ATTEMPTS) {
                return Uni.createFrom().item(scopes);
            }
            old.forEach(scope -> cached.asMap().remove(new Name(scope.kind(), scope.name()), scope));
            return confirmed(names, attempt + 1);
        }));
    }

    /** Each is looked up once: while somebody looks, another request may drop it, or the memory be full of others. */
    private Uni<List<NamedScope>> known(List<Name> names) {
        var found = new HashMap<Name, NamedScope>();
        for (var name : names) {
            found.put(name, remembered(name));
        }
        var missing = names.stream().filter(name -> found.get(name) == null).toList();
        return missing.isEmpty()
                ? Uni.createFrom().item(inOrder(names, found))
                : load(missing)
                        .invoke(loaded ->
                                loaded.forEach(scope -> found.put(new Name(scope.kind(), scope.name()), scope)))
                        .map(loaded -> inOrder(names, found));
    }

    /** Null also where Redis may have lost since what says that it is outdated. */
    private NamedScope remembered(Name name) {
        var scope = cached.getIfPresent(name);
        return scope == null || instances.hasLostSince(scope.readAtNanos()) ? null : scope;
    }

    private static List<NamedScope> inOrder(List<Name> names, Map<Name, NamedScope> found) {
        return names.stream().map(found::get).filter(Objects::nonNull).toList();
    }

    /** The versions are asked for before the rows are read: a change in between is seen as one. */
    private Uni<List<NamedScope>> load(List<Name> names) {
        long began = System.nanoTime();
        var versions = names.stream().map(this::versionOf).toList();
        return Uni.join()
                .all(versions)
                .andFailFast()
                .flatMap(known -> reader.read(names, known, began))
                .call(this::publish)
                .invoke(scopes -> scopes.forEach(scope -> cached.put(new Name(scope.kind(), scope.name()), scope)));
    }

    private Uni<Long> versionOf(Name name) {
        return store.versionOf(name.root(), name.kind(), name.id())
                .onFailure(StoreUnavailable.class)
                .recoverWithNull();
    }

    private Uni<Void> publish(List<NamedScope> scopes) {
        var published = scopes.stream()
                .flatMap(scope -> scope.checks().stream())
                .filter(check -> check.version() != null)
                .map(check -> store.publish(
                                check.root(), List.of(new ObjectVersion(check.kind(), check.id(), check.version())))
                        .onFailure()
                        .recoverWithNull())
                .toList();
        return published.isEmpty()
                ? Uni.createFrom().voidItem()
                : Uni.join().all(published).andFailFast().replaceWithVoid();
    }

    /** Which of them are not as Redis says; none while it cannot be asked. */
    private Uni<List<NamedScope>> outdated(List<NamedScope> scopes) {
        var checks = scopes.stream().map(this::isCurrent).toList();
        if (checks.isEmpty()) {
            return Uni.createFrom().item(List.of());
        }
        return Uni.join().all(checks).andFailFast().map(current -> Stream.iterate(0, i -> i + 1)
                .limit(scopes.size())
                .filter(i -> !current.get(i))
                .map(scopes::get)
                .toList());
    }

    private Uni<Boolean> isCurrent(NamedScope scope) {
        var checks = scope.checks().stream().map(this::isCurrent).toList();
        return Uni.join().all(checks).andFailFast().map(all -> !all.contains(false));
    }

    private Uni<Boolean> isCurrent(Check check) {
        return store.versionOf(check.root(), check.kind(), check.id())
                .map(version -> Objects.equals(version, check.version()))
                .onFailure(StoreUnavailable.class)
                .recoverWithItem(true);
    }
}
