package io.tenantry.platform.change;

import io.quarkus.hibernate.reactive.panache.Panache;
import io.smallrye.mutiny.Uni;
import io.smallrye.mutiny.subscription.UniEmitter;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;
import org.hibernate.reactive.mutiny.Mutiny;

/**
 * The transaction of a call whose answer has to commit with its change. The first change opens it, further ones join it, and it stays open
 * until the answer is known. Each change runs behind a savepoint, so that one that fails leaves nothing and the others stay as they are.
 */
public final class HeldTransaction {

    /** What happens around the opening. */
    public interface Opening {

        /** Runs first in the transaction; its failure rolls it back and is the failure of the change. */
        Uni<Void> claim();

        /** Subscribes to the attempt to open, as often as it takes. */
        Uni<Void> attempt(Uni<Void> attempt);

        /** An opened transaction, or one that could not be opened, has ended. */
        void ended();
    }

    /** Nobody waits for the answer any more, or it is a refusal: what was changed must not stay. */
    private static final class Abandoned extends RuntimeException {

        private static final long serialVersionUID = 1L;

        Abandoned() {
            super("abandoned", null, false, false);
        }
    }

    private final Opening opening;
    private Uni<Void> opened;
    private Uni<List<Announcement>> committed;
    private CompletableFuture<Supplier<Uni<Void>>> release;
    /** Also before it was opened: who waits for the opening when the caller hangs up must not open it any more, nobody would end it. */
    private boolean abandoned;

    public HeldTransaction(Opening opening) {
        this.opening = opening;
    }

    /** Whether a change was made or tried: otherwise there is nothing to commit. */
    public boolean isOpen() {
        return committed != null;
    }

    <T> Uni<T> join(Supplier<Uni<T>> work) {
        if (opened == null) {
            opened = opening.attempt(Uni.createFrom().<Void>emitter(this::open))
                    .memoize()
                    .indefinitely();
        }
        return opened.chain(() -> behindSavepoint(work));
    }

    private void open(UniEmitter<? super Void> ready) {
        if (abandoned) {
            opening.ended();
            ready.fail(new Abandoned());
            return;
        }
        release = new CompletableFuture<>();
        committed = Uni.createFrom()
                .deferred(() -> Panache.withTransaction(() -> opening.claim()
                        .invoke(() -> ready.complete(null))
                        .chain(() -> Uni.createFrom().completionStage(release))
                        .chain(Supplier::get)
                        .chain(Changes::notices)))
                .onFailure()
                .invoke(ready::fail) // says nothing new to one who is ready already
                .onTermination()
                .invoke(opening::ended)
                .memoize()
                .indefinitely();
        committed.subscribe().with(done -> {}, failure -> {});
    }

    private static <T> Uni<T> behindSavepoint(Supplier<Uni<T>> work) {
        return run("savepoint change")
                .chain(work::get)
                .call(HeldTransaction::settle)
                .onFailure()
                .call(HeldTransaction::undo);
    }

    /** What comes after a change reads the rows again, as it would after a commit. */
    private static Uni<?> settle() {
        return Panache.getSession()
                .flatMap(session -> session.flush().invoke(session::clear))
                .chain(() -> run("release savepoint change"));
    }

    private static Uni<?> undo() {
        return Panache.getSession().invoke(Mutiny.Session::clear).chain(() -> run("rollback to savepoint change"));
    }

    private static Uni<?> run(String sql) {
        return Panache.getSession()
                .flatMap(session -> session.createNativeQuery(sql).executeUpdate());
    }

    /** Runs the last step and commits. */
    Uni<List<Announcement>> commit(Supplier<Uni<Void>> last) {
        release.complete(last);
        return committed;
    }

    /** Takes back what was changed; completes when nothing is left open. Changes nothing after a commit. */
    public Uni<Void> abandon() {
        abandoned = true;
        if (committed == null) {
            return Uni.createFrom().voidItem();
        }
        release.completeExceptionally(new Abandoned());
        return committed.replaceWithVoid().onFailure().recoverWithNull();
    }
}
