package io.tenantry.keys;

import io.quarkus.hibernate.reactive.panache.Panache;
import io.smallrye.mutiny.Uni;
import io.tenantry.audit.AuditAction;
import io.tenantry.audit.AuditTrail;
import io.tenantry.core.Problem;
import io.tenantry.core.ProblemCode;
import io.tenantry.keys.KeyEditor.Outcome;
import io.tenantry.keys.KeyEditor.Wish;
import io.tenantry.platform.change.Changes;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Map;

/**
 * Exchanging a key's secret. The key stays the same: its id, spend and limits. With a grace period the present secret works on until its
 * end, by the clock, and secrets of earlier rotations keep the ends they have; without one only the new secret works. Of rotations at the same
 * time exactly one happens, the others fail with CONFLICT.
 */
@ApplicationScoped
class KeyRotations {

    /** Beyond, somebody rotates faster than the secrets end. */
    private static final int MOST_IN_GRACE = 10;

    private final Changes changes;
    private final AuditTrail audit;
    private final KeyEditor editor;
    private final KeyRepository keys;
    private final KeyRows rows;
    private final HolderRights holders;
    private final KeysConfig config;

    KeyRotations(
            Changes changes,
            AuditTrail audit,
            KeyEditor editor,
            KeyRepository keys,
            KeyRows rows,
            HolderRights holders,
            KeysConfig config) {
        this.changes = changes;
        this.audit = audit;
        this.editor = editor;
        this.keys = keys;
        this.rows = rows;
        this.holders = holders;
        this.config = config;
    }

    /** The key after the rotation, and the one showing of its new secret. */
    record Rotated(KeySecret secret, Map<String, Object> row) {}

    /**
     * Exchanges the secret and changes the fields that are named, as an update does. Fails as an update does; with FORBIDDEN for a key by which
     * the caller would gain rights; with ALREADY_EXISTS when the chosen secret is taken.
     */
    Uni<Rotated> rotate(KeyReach reach, Wish wish, RotationTerms terms) {
        wish.request().requireNoSpend();
        var secret = terms.secret();
        return seen(reach, wish.ref())
                .flatMap(head -> changes.inTransaction(() -> editor.edit(reach, List.of(wish))
                        .map(outcomes -> outcomes.get(0))
                        .invoke(outcome -> requireUnrotated(head, outcome.keyOrFail()))
                        .call(outcome -> holders.requireNoMoreThan(reach, outcome.key()))
                        .call(outcome -> exchange(outcome.key(), secret, terms))
                        .call(this::record)
                        .map(Outcome::key)))
                .flatMap(key -> Panache.withSession(() -> rows.of(key)))
                .map(row -> new Rotated(secret, row));
    }

    /** The key as it is when the call arrives: whoever comes second must not take away the secret that the first has just been given. */
    private Uni<KeyHead> seen(KeyReach reach, KeyRef ref) {
        return Panache.withSession(() -> keys.heads(reach, List.of(ref)))
                .map(found -> found.stream().findFirst().orElseThrow(ref::notFound));
    }

    private static void requireUnrotated(KeyHead seen, ApiKey key) {
        if (seen.rotationCount() != key.rotationCount) {
            throw Problem.of(ProblemCode.CONFLICT)
                    .param("key")
                    .detail("The key was rotated by somebody else in the meantime: read it again");
        }
    }

    private Uni<Void> exchange(ApiKey key, KeySecret secret, RotationTerms terms) {
        var now = Instant.now().truncatedTo(ChronoUnit.MICROS);
        var graceEnd = terms.graceEnd(config.rotationGracePeriod(), now);
        var former = key.secretHash;
        if (secret.hash().equals(former)) {
            throw Problem.of(ProblemCode.INVALID_VALUE)
                    .param("new_key")
                    .detail("new_key is the key that is to be replaced");
        }
        key.secretHash = secret.hash();
        key.keyName = secret.shownName();
        key.rotationCount++;
        key.lastRotationAt = now;
        boolean grace = graceEnd.isAfter(now);
        return keys.dropPrevious(key, grace ? now : null)
                .chain(() -> grace ? requireRoom(key, now) : Uni.createFrom().voidItem())
                .chain(() -> keys.readBack(key))
                .chain(() -> grace
                        ? keep(key, former, graceEnd, now)
                        : Uni.createFrom().voidItem());
    }

    private Uni<Void> requireRoom(ApiKey key, Instant now) {
        return keys.secretsInGrace(key, now).invoke(KeyRotations::requireRoom).replaceWithVoid();
    }

    private static void requireRoom(long inGrace) {
        if (inGrace >= MOST_IN_GRACE) {
            throw Problem.of(ProblemCode.CONFLICT)
                    .param("grace_period")
                    .detail(
                            "%d former secrets of this key are in their grace already: rotate with grace_period 0s, which ends them, or wait",
                            inGrace);
        }
    }

    /** After the key itself is written: it has given the secret up by then. */
    private static Uni<Void> keep(ApiKey key, String former, Instant graceEnd, Instant now) {
        var previous = new PreviousSecret();
        previous.secretHash = former;
        previous.keyId = key.keyId;
        previous.validUntil = graceEnd;
        previous.createdAt = now;
        return previous.persistAndFlush().replaceWithVoid();
    }

    private Uni<Void> record(Outcome outcome) {
        var key = outcome.key();
        return audit.record(AuditAction.ROTATED, key.ref(), key.organizationId, outcome.before(), KeyView.audited(key));
    }
}
