package io.tenantry.platform.change;

import io.quarkus.hibernate.reactive.panache.Panache;
import io.smallrye.mutiny.Uni;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.List;
import java.util.function.Supplier;

/**
 * Where changes are made: one transaction for the rows, their audit entries and their announcements; then the announcements go to
 * Redis, and only then does the change count as done. Announcing needs no call: triggers leave the notices (see migration V2).
 */
@ApplicationScoped
public class Changes {

    private static final String NOTICES_OF_THIS_TRANSACTION = """
            select outbox_id, object_kind, object_id, version, root_kind, root_id
            from change_outbox where txid = pg_current_xact_id() order by outbox_id""";

    private final Announcements announcements;

    Changes(Announcements announcements) {
        this.announcements = announcements;
    }

    private record Done<T>(T result, List<Announcement> notices) {}

    /**
     * Runs the work in one transaction. When the returned Uni completes, no instance decides by the old state any more; where the call holds
     * its transaction open until its answer is known, that is so when the call is answered.
     */
    public <T> Uni<T> inTransaction(Supplier<Uni<T>> work) {
        var held = HeldTransactions.current();
        if (held != null) {
            return held.join(work);
        }
        return Panache.withTransaction(
                        () -> work.get().flatMap(result -> notices().map(notices -> new Done<>(result, notices))))
                .call(done -> announcements.deliver(done.notices()))
                .map(Done::result);
    }

    /** Commits a held transaction together with what the last step writes. */
    public Uni<Void> commit(HeldTransaction held, Supplier<Uni<Void>> last) {
        return held.commit(last).flatMap(announcements::deliver);
    }

    static Uni<List<Announcement>> notices() {
        return Panache.getSession()
                .flatMap(session -> session.flush()
                        .chain(() -> session.createNativeQuery(NOTICES_OF_THIS_TRANSACTION, Object[].class)
                                .getResultList()))
                .map(rows -> rows.stream().map(Announcement::ofColumns).toList());
    }
}
