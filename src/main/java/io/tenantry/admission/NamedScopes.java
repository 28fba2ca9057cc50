package io.tenantry.admission;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import com.github.benmanes.caffeine.cache.Expiry;
import com.github.benmanes.caffeine.cache.Ticker;
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
import io.tenantry.platform.redis.VersionNames;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import java.time.Duration;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
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

    /**
     * That there is nothing is believed while Redis names no version. It forgets one a day after the change, whether or not anybody has asked since: so it has
     * to be read again before.
     */
    private static final Duration ABSENT_FOR =
            Duration.ofSeconds(VersionNames.LIFETIME_SECONDS).minusHours(1);

    /** So early, while it is in use, that it is believed for most of a day longer when the database is away. */
    private static final Duration ABSENT_LOOKED_FOR = Duration.ofSeconds(VersionNames.LIFETIME_SECONDS / 4);

    private static final Duration BETWEEN_LOOKS = Duration.ofMinutes(1);

    private static final Duration FOR_EVER = Duration.ofNanos(Long.MAX_VALUE);

    private static final Name GLOBAL = new Name(ResourceKind.GLOBAL, "global");

    private final NamedScopeReader reader;
    private final LimitStore store;
    private final LiveInstances instances;
    private final AdmissionConfig config;
    private final Cache<Name, NamedScope> cached;

    /** Of those that lack something: how long nobody has to look again. */
    private final Cache<Name, Duration> looked;

    @Inject
    NamedScopes(
            NamedScopeReader reader,
            LimitStore store,
            LiveInstances instances,
            AdmissionConfig config,
            MeterRegistry metrics) {
        this(reader, store, instances, config, metrics, Ticker.systemTicker());
    }

    /** @param ticker what time goes by in memory: tests let it pass */
    NamedScopes(
            NamedScopeReader reader,
            LimitStore store,
            LiveInstances instances,
            AdmissionConfig config,
            MeterRegistry metrics,
            Ticker ticker) {
        this.reader = reader;
        this.store = store;
        this.instances = instances;
        this.config = config;
        this.cached = Caffeine.newBuilder()
                .ticker(ticker)
                .maximumSize(config.cachedNamedScopes())
                .expireAfter(Expiry.<Name, NamedScope>writing(
                        (name, scope) -> scope.lacksSomething() ? ABSENT_FOR : FOR_EVER))
                .build();
        this.looked = Caffeine.newBuilder()
                .ticker(ticker)
                .maximumSize(config.cachedNamedScopes())
                .expireAfter(Expiry.<Name, Duration>writing((name, rest) -> rest))
                .build();
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

        static Name of(NamedScope scope) {
            return new Name(scope.kind(), scope.name());
        }
    }

    /** Those that concern a request: confirmed ones, while Redis is away as they were read a moment ago. Without names it costs nothing. */
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
            found.forEach(scope -> scopes.put(Name.of(scope), scope));
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
        return known(names).flatMap(scopes -> findings(scopes).flatMap(found -> {
            var outdated = those(Finding.OUTDATED, scopes, found);
            if (outdated.isEmpty() || attempt == MOST_ATTEMPTS) {
                return unconfirmed(those(Finding.UNCONFIRMED, scopes, found)).map(again -> replaced(scopes, again));
            }
            outdated.forEach(this::drop);
            return confirmed(names, attempt + 1);
        }));
    }

    private void drop(NamedScope scope) {
        cached.asMap().remove(Name.of(scope), scope);
    }

    /** While Redis cannot confirm them, they are read again when they are old, or go on as they are when the database is away as well: as policies do. */
    private Uni<List<NamedScope>> unconfirmed(List<NamedScope> scopes) {
        var old = scopes.stream()
                .filter(scope -> !scope.isYoungerThan(config.unconfirmedPolicyAge()))
                .toList();
        if (old.isEmpty()) {
            return Uni.createFrom().item(List.of());
        }
        return load(old.stream().map(Name::of).toList()).onFailure().recoverWithItem(List.of());
    }

    private static List<NamedScope> replaced(List<NamedScope> scopes, List<NamedScope> again) {
        var byName = again.stream().collect(Collectors.toMap(Name::of, Function.identity(), (one, same) -> one));
        return scopes.stream()
                .map(scope -> byName.getOrDefault(Name.of(scope), scope))
                .toList();
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
                        .invoke(loaded -> loaded.forEach(scope -> found.put(Name.of(scope), scope)))
                        .map(loaded -> inOrder(names, found));
    }

    /** Null also where Redis may have lost since what says that it is outdated. */
    private NamedScope remembered(Name name) {
        var scope = cached.getIfPresent(name);
        if (scope == null || instances.hasLostSince(scope.readAtNanos())) {
            return null;
        }
        if (scope.lacksSomething() && looked.getIfPresent(name) == null) {
            lookAgain(name);
        }
        return scope;
    }

    /** Nobody waits for it, and where it fails what is remembered goes on. */
    private void lookAgain(Name name) {
        looked.put(name, BETWEEN_LOOKS);
        load(List.of(name)).subscribe().with(read -> {}, away -> {});
    }

    private void remember(NamedScope scope) {
        var name = Name.of(scope);
        cached.put(name, scope);
        if (scope.lacksSomething()) {
            looked.put(name, ABSENT_LOOKED_FOR);
        }
    }

    private static List<NamedScope> inOrder(List<Name> names, Map<Name, NamedScope> found) {
        return names.stream().map(found::get).filter(Objects::nonNull).toList();
    }

    /** The versions are asked for before the rows are read: a change in between is seen as one. */
    private Uni<List<NamedScope>> load(List<Name> names) {
        long began = System.nanoTime();
        var objects = Stream.concat(
                        names.stream().map(Name::root),
                        names.stream().map(Name::kind).distinct().flatMap(kind -> reader.defaultBudget(kind).stream()))
                .toList();
        return Uni.join()
                .all(objects.stream().map(this::versionOf).toList())
                .andFailFast()
                .flatMap(versions -> reader.read(names, byObject(objects, versions), began))
                .call(this::publish)
                .invoke(scopes -> scopes.forEach(this::remember));
    }

    private static Map<TenantRoot, Long> byObject(List<TenantRoot> objects, List<Long> versions) {
        var byObject = new HashMap<TenantRoot, Long>();
        for (int i = 0; i < objects.size(); i++) {
            byObject.put(objects.get(i), versions.get(i));
        }
        return byObject;
    }

    private Uni<Long> versionOf(TenantRoot object) {
        return store.versionOf(object, object.kind(), object.id())
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

    /** What Redis says of a scope that is remembered. */
    private enum Finding {
        CURRENT,
        OUTDATED,

        /** It could not be asked. */
        UNCONFIRMED
    }

    private static List<NamedScope> those(Finding wanted, List<NamedScope> scopes, List<Finding> found) {
        return IntStream.range(0, scopes.size())
                .filter(i -> found.get(i) == wanted)
                .mapToObj(scopes::get)
                .toList();
    }

    private Uni<List<Finding>> findings(List<NamedScope> scopes) {
        return scopes.isEmpty()
                ? Uni.createFrom().item(List.of())
                : Uni.join().all(scopes.stream().map(this::finding).toList()).andFailFast();
    }

    private Uni<Finding> finding(NamedScope scope) {
        var checks = scope.checks().stream().map(this::finding).toList();
        return Uni.join()
                .all(checks)
                .andFailFast()
                .map(all -> all.contains(Finding.OUTDATED)
                        ? Finding.OUTDATED
                        : all.contains(Finding.UNCONFIRMED) ? Finding.UNCONFIRMED : Finding.CURRENT);
    }

    private Uni<Finding> finding(Check check) {
        return store.versionOf(check.root(), check.kind(), check.id())
                .map(version -> Objects.equals(version, check.version()) ? Finding.CURRENT : Finding.OUTDATED)
                .onFailure(StoreUnavailable.class)
                .recoverWithItem(Finding.UNCONFIRMED);
    }
}
