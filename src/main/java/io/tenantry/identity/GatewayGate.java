package io.tenantry.identity;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import io.smallrye.mutiny.Uni;
import io.tenantry.core.Caller;
import io.tenantry.core.Problem;
import io.tenantry.core.ProblemCode;
import io.tenantry.core.Role;
import io.tenantry.core.SecretHash;
import io.tenantry.identity.KeyIdentity.Version;
import io.tenantry.platform.redis.LiveInstances;
import io.tenantry.platform.redis.RedisCalls;
import io.tenantry.platform.redis.RedisScript;
import io.tenantry.platform.redis.VersionNames;
import io.vertx.core.MultiMap;
import io.vertx.core.buffer.Buffer;
import io.vertx.redis.client.Command;
import io.vertx.redis.client.Request;
import io.vertx.redis.client.Response;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.List;

/**
 * The way in for proxies: the master key, a key of type {@code gateway}, or a token with that role. No SQL when warm. A gateway key is remembered with the versions that it
 * was read from, and they are compared with those in Redis on each call, so that blocking it, its team or its organization takes effect at once; where Redis cannot tell, the database is asked.
 */
@ApplicationScoped
public class GatewayGate {

    private static final RedisScript RAISE = RedisScript.load("raise-version.v1");

    /** Proxies are few; the bound only keeps a flood of keys from filling the memory. */
    private static final long MOST_KEYS = 1_000;

    private final MasterKey masterKey;
    private final KeyLookup keys;
    private final RedisCalls redis;
    private final Tokens tokens;
    private final LiveInstances instances;
    private final Cache<String, Remembered> known =
            Caffeine.newBuilder().maximumSize(MOST_KEYS).build();

    /** @param readAtNanos {@link System#nanoTime()} of when reading it began */
    private record Remembered(KeyIdentity key, long readAtNanos) {}

    GatewayGate(MasterKey masterKey, KeyLookup keys, RedisCalls redis, LiveInstances instances, Tokens tokens) {
        this.masterKey = masterKey;
        this.keys = keys;
        this.redis = redis;
        this.tokens = tokens;
        this.instances = instances;
    }

    /** Fails as {@link Authenticator#authenticate}, and with FORBIDDEN when the key is no gateway's. */
    public Uni<Caller> enter(MultiMap headers) {
        var credential = Credential.from(headers);
        if (masterKey.matches(credential)) {
            return Uni.createFrom().item(Caller.MASTER);
        }
        if (tokens.accept(credential)) {
            return tokens.enter(credential).invoke(caller -> requireGateway(caller));
        }
        if (Credential.isToken(credential)) {
            throw Credential.notAKey();
        }
        var hash = SecretHash.of(credential);
        var remembered = known.getIfPresent(hash);
        boolean counts = remembered != null && !instances.hasLostSince(remembered.readAtNanos());
        return (counts ? confirm(hash, remembered.key()) : look(hash))
                .invoke(Authenticator::requireUsable)
                .invoke(key -> requireGateway(key))
                .map(KeyIdentity::caller);
    }

    private Uni<KeyIdentity> look(String hash) {
        long began = System.nanoTime();
        return keys.byHash(hash)
                .onItem()
                .ifNull()
                .failWith(() -> Problem.of(ProblemCode.UNKNOWN_KEY).param("key"))
                .invoke(key -> known.put(hash, new Remembered(key, began)));
    }

    private Uni<KeyIdentity> confirm(String hash, KeyIdentity remembered) {
        var versions = Request.cmd(Command.MGET);
        remembered.versions().forEach(version -> versions.arg(nameOf(version, remembered)));
        return redis.call(versions, redis.patientTimeout())
                .map(found -> isCurrent(found, remembered))
                .onFailure()
                .recoverWithItem(false)
                .flatMap(current ->
                        current ? Uni.createFrom().item(remembered) : look(hash).call(this::publish));
    }

    private static String nameOf(Version version, KeyIdentity key) {
        return VersionNames.of(key.root(), version.kind(), version.id());
    }

    /** Makes the versions known where they are missing (a flush, an expiry), or every call would ask the database. */
    private Uni<Void> publish(KeyIdentity key) {
        var raised = key.versions().stream().map(version -> raise(version, key)).toList();
        return Uni.join()
                .all(raised)
                .andFailFast()
                .replaceWithVoid()
                .onFailure()
                .recoverWithNull();
    }

    private Uni<Response> raise(Version version, KeyIdentity key) {
        var args = List.of(text(version.version()), text(VersionNames.LIFETIME_SECONDS));
        return redis.run(RAISE, List.of(nameOf(version, key)), args, redis.patientTimeout());
    }

    private static Buffer text(long number) {
        return Buffer.buffer(Long.toString(number));
    }

    private static boolean isCurrent(Response found, KeyIdentity remembered) {
        var versions = remembered.versions();
        for (int i = 0; i < versions.size(); i++) {
            if (found.get(i) == null || found.get(i).toLong() != versions.get(i).version()) {
                return false;
            }
        }
        return true;
    }

    private static void requireGateway(KeyIdentity key) {
        if (!key.isGateway()) {
            throw noGateway();
        }
    }

    private static void requireGateway(Caller caller) {
        if (caller.role() != Role.GATEWAY && !caller.isAdmin()) {
            throw noGateway();
        }
    }

    private static Problem noGateway() {
        return Problem.of(ProblemCode.FORBIDDEN)
                .detail(
                        "Not allowed: admissions are asked for with the master key, a key of type 'gateway' or a token with that role; the end caller's key goes into the body");
    }
}
