package io.tenantry.admission;

import io.smallrye.mutiny.CompositeException;
import io.smallrye.mutiny.Uni;
import io.tenantry.limits.engine.StoreUnavailable;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.function.Supplier;
import org.jboss.logging.Logger;

/** Ends admissions whose request never reached a model. */
@ApplicationScoped
class Releases {

    private static final Logger LOG = Logger.getLogger(Releases.class);

    private final OpenAdmissions open;
    private final Untold untold;
    private final LatestEnds ends;

    Releases(OpenAdmissions open, Untold untold, LatestEnds ends) {
        this.open = open;
        this.untold = untold;
        this.ends = ends;
    }

    /** Gives everything back. After a settlement it changes nothing; without Redis it happens when Redis is back. */
    Uni<AdmissionId> release(AdmissionId id) {
        var telling = tellFound(id);
        return telling.onFailure(Releases::isAway)
                .recoverWithUni(failure -> later(id, () -> telling, failure))
                .replaceWith(id);
    }

    /** What another instance admitted is known to Redis only: it is looked up again when Redis is back. */
    private Uni<Void> tellFound(AdmissionId id) {
        return open.remembered(id).invoke(found -> open.released(id)).flatMap(found -> found.filter(
                        record -> isOf(id, record))
                .map(this::tell)
                .orElseGet(() -> Uni.createFrom().voidItem()));
    }

    /** Or it was given back before, and the same request has been admitted anew: that is another admission. */
    private static boolean isOf(AdmissionId id, AdmissionRecord record) {
        return record.id().text().equals(id.text());
    }

    private Uni<Void> tell(AdmissionRecord record) {
        return untold.giveBack(record)
                .invoke(() -> ends.released(record.id()))
                .onFailure(Releases::isAway)
                .recoverWithUni(failure -> later(record.id(), () -> untold.giveBack(record), failure));
    }

    private Uni<Void> later(AdmissionId id, Supplier<Uni<Void>> telling, Throwable failure) {
        LOG.debugf("A release could not be told to Redis: %s", failure.getMessage());
        untold.released(id, telling);
        return Uni.createFrom().voidItem();
    }

    private static boolean isAway(Throwable failure) {
        return failure instanceof StoreUnavailable
                || (failure instanceof CompositeException several
                        && several.getCauses().stream().allMatch(StoreUnavailable.class::isInstance));
    }
}
