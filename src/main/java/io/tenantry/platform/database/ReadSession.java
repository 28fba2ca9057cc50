package io.tenantry.platform.database;

import io.quarkus.hibernate.reactive.panache.Panache;
import io.smallrye.mutiny.Uni;
import java.util.function.Supplier;
import org.hibernate.FlushMode;
import org.hibernate.reactive.mutiny.Mutiny;

/**
 * A session that only reads. Hibernate keeps no second copy of each row to find changes by, and does not look for changes before each further
 * statement: of a list of a thousand rows that was a seventh of the work. Inside of a transaction, where something may have changed, it is a session like any other.
 */
public final class ReadSession {

    private ReadSession() {}

    public static <T> Uni<T> with(Supplier<Uni<T>> reads) {
        return Panache.withSession(
                () -> Panache.getSession().invoke(ReadSession::onlyRead).chain(reads::get));
    }

    private static void onlyRead(Mutiny.Session session) {
        if (session.currentTransaction() == null) {
            session.setDefaultReadOnly(true);
            session.setFlushMode(FlushMode.MANUAL);
        }
    }
}
