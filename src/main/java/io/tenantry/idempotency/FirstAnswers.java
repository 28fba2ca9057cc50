package io.tenantry.idempotency;

import io.quarkus.hibernate.reactive.panache.Panache;
import io.smallrye.mutiny.Uni;
import io.tenantry.idempotency.RepeatableCall.Answer;
import io.vertx.mutiny.sqlclient.Pool;
import io.vertx.mutiny.sqlclient.Row;
import io.vertx.mutiny.sqlclient.RowSet;
import io.vertx.mutiny.sqlclient.Tuple;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.List;

/** The answers that repetitions get. What has expired is not there, whether or not it was cleared away yet. */
@ApplicationScoped
class FirstAnswers {

    private static final String FIND = """
            select fingerprint, status, content_type, answer from idempotency_record
            where record_id = $1 and expires_at > now()""";

    private static final String FIND_IN_TRANSACTION = """
            select fingerprint, status, content_type, answer from idempotency_record
            where record_id = :id and expires_at > now()""";

    private static final String RECORD = """
            insert into idempotency_record (record_id, fingerprint, status, content_type, answer, expires_at)
            values (:id, :fingerprint, :status, :type, :answer, now() + :seconds * interval '1 second')
            on conflict (record_id) do update
            set fingerprint = excluded.fingerprint, status = excluded.status, content_type = excluded.content_type,
                answer = excluded.answer, created_at = now(), expires_at = excluded.expires_at""";

    /** Each new record clears a few old ones away: the table stays in proportion to its use without a job. */
    private static final String CLEAR_SOME = """
            delete from idempotency_record where record_id in
                (select record_id from idempotency_record where expires_at <= now() order by expires_at limit 20 for update skip locked)""";

    private final Pool pool;
    private final IdempotencyConfig config;

    FirstAnswers(Pool pool, IdempotencyConfig config) {
        this.pool = pool;
        this.config = config;
    }

    /** Null when there is none. */
    Uni<Answer> find(CallIdentity identity) {
        return pool.preparedQuery(FIND)
                .execute(Tuple.of(identity.recordId))
                .map(RowSet::iterator)
                .map(rows -> rows.hasNext() ? answer(rows.next()) : null);
    }

    private static Answer answer(Row row) {
        return new Answer(
                row.getString(0),
                row.getInteger(1),
                row.getString(2),
                row.getBuffer(3).getBytes());
    }

    /** In the caller's transaction: false when another call with this identity is under way. Held until the transaction ends. */
    Uni<Boolean> lock(CallIdentity identity) {
        return Panache.getSession()
                .flatMap(session -> session.createNativeQuery("select pg_try_advisory_xact_lock(:lock)", Boolean.class)
                        .setParameter("lock", identity.lock())
                        .getSingleResult());
    }

    /** As {@link #find}, in the caller's transaction. */
    Uni<Answer> findLocked(CallIdentity identity) {
        return Panache.getSession()
                .flatMap(session -> session.createNativeQuery(FIND_IN_TRANSACTION, Object[].class)
                        .setParameter("id", identity.recordId)
                        .getResultList())
                .map(FirstAnswers::first);
    }

    private static Answer first(List<Object[]> rows) {
        if (rows.isEmpty()) {
            return null;
        }
        var row = rows.get(0);
        return new Answer((String) row[0], ((Number) row[1]).intValue(), (String) row[2], (byte[]) row[3]);
    }

    /** In the caller's transaction: with the change, or not at all. */
    Uni<Void> record(CallIdentity identity, Answer answer) {
        return Panache.getSession()
                .flatMap(session -> session.createNativeQuery(RECORD)
                        .setParameter("id", identity.recordId)
                        .setParameter("fingerprint", answer.fingerprint())
                        .setParameter("status", answer.status())
                        .setParameter("type", answer.contentType())
                        .setParameter("answer", answer.sealed())
                        .setParameter("seconds", config.lifetime().toSeconds())
                        .executeUpdate())
                .replaceWithVoid();
    }

    /** Nobody waits for it, and nothing depends on it. */
    void clearSome() {
        pool.query(CLEAR_SOME).execute().subscribe().with(done -> {}, failure -> {});
    }
}
