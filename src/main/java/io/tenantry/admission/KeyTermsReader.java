package io.tenantry.admission;

import io.quarkus.reactive.datasource.ReactiveDataSource;
import io.smallrye.mutiny.Uni;
import io.tenantry.limits.engine.EngineConfig;
import io.tenantry.platform.database.AdmissionPool;
import io.vertx.mutiny.sqlclient.Pool;
import io.vertx.mutiny.sqlclient.Row;
import io.vertx.mutiny.sqlclient.RowSet;
import io.vertx.mutiny.sqlclient.Tuple;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.stream.Collectors;

/**
 * Reads the terms of many keys as they are now, with one statement, and one more when some of them are deleted. Not from memory: what is
 * remembered may be outdated, and here no version is compared.
 */
@ApplicationScoped
public class KeyTermsReader {

    private final Pool pool;
    private final KeyOwners owners;
    private final LimitSettings settings;

    KeyTermsReader(
            @ReactiveDataSource(AdmissionPool.NAME) Pool pool,
            KeyOwners owners,
            AdmissionConfig config,
            EngineConfig engine) {
        this.pool = pool;
        this.owners = owners;
        this.settings = LimitSettings.of(config, engine);
    }

    /** Keys by the hash of their secret or by their id. Those that never existed are missing in the answer. */
    public Uni<List<KeyTerms>> find(Collection<String> secretHashes, Collection<UUID> keyIds) {
        return pool.preparedQuery(PolicySql.BY_HASHES_AND_IDS)
                .execute(Tuple.of(secretHashes.toArray(String[]::new), keyIds.toArray(UUID[]::new)))
                .map(this::terms)
                .flatMap(found -> withDeleted(found, secretHashes, keyIds));
    }

    /** The terms under which the key stands, or stood, where it was when this was admitted; empty when there never was such a key. */
    public Uni<Optional<KeyTerms>> whenAdmitted(AdmissionId id) {
        return find(List.of(), List.of(id.keyId()))
                .flatMap(found -> found.isEmpty()
                        ? Uni.createFrom().item(Optional.empty())
                        : whenAdmitted(id, found.get(0)).map(Optional::of));
    }

    private Uni<KeyTerms> whenAdmitted(AdmissionId id, KeyTerms present) {
        return owners.whenAdmitted(id, present.owner()).flatMap(then -> {
            if (then.equals(present.owner())) {
                return Uni.createFrom().item(present);
            }
            return present.isOfDeleted() ? Uni.createFrom().item(new KeyTerms(then, null)) : termsOf(then);
        });
    }

    private Uni<KeyTerms> termsOf(KeyOwner then) {
        return pool.preparedQuery(PolicySql.BY_ID_AT_PLACE)
                .execute(Tuple.of(then.keyId(), then.userId(), then.teamId(), then.organizationId()))
                .map(this::terms)
                .map(found -> found.isEmpty() ? new KeyTerms(then, null) : found.get(0));
    }

    private List<KeyTerms> terms(RowSet<Row> rows) {
        var terms = new ArrayList<KeyTerms>();
        for (var row : rows) {
            var policy = new PolicyReader(row, settings).policy(System.nanoTime());
            terms.add(new KeyTerms(policy.owner(), policy));
        }
        return terms;
    }

    private Uni<List<KeyTerms>> withDeleted(
            List<KeyTerms> found, Collection<String> secretHashes, Collection<UUID> keyIds) {
        Set<String> knownHashes =
                found.stream().map(terms -> terms.owner().secretHash()).collect(Collectors.toSet());
        Set<UUID> knownIds = found.stream().map(terms -> terms.owner().keyId()).collect(Collectors.toSet());
        var hashes = secretHashes.stream()
                .filter(hash -> !knownHashes.contains(hash))
                .toList();
        var ids = keyIds.stream().filter(id -> !knownIds.contains(id)).toList();
        if (hashes.isEmpty() && ids.isEmpty()) {
            return Uni.createFrom().item(found);
        }
        return owners.findAll(hashes, ids)
                .invoke(deleted -> deleted.forEach(owner -> found.add(new KeyTerms(owner, null))))
                .replaceWith(found);
    }
}
