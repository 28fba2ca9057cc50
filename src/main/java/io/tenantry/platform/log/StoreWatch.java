package io.tenantry.platform.log;

import java.time.Duration;
import org.jboss.logging.Logger;

/**
 * Says in the log when a store is lost and when it is back: one line each, however long that takes and however many calls fail meanwhile. Whoever asks the
 * store regularly tells what becomes of it, and looks.
 */
public final class StoreWatch {

    /** A question that is missed now and then on a busy machine is no outage. */
    public static final Duration SILENCE = Duration.ofSeconds(3);

    private static final Logger LOG = Logger.getLogger(StoreWatch.class);
    private static final String NO_ANSWER = "no answer";

    private final String store;
    private final String meanwhile;
    private long heardAtNanos; // like all below guarded by this
    private long lookedAtNanos;
    private String reason = NO_ANSWER;
    private boolean lost;

    /** @param meanwhile what becomes of requests as long as the store is away */
    public StoreWatch(String store, String meanwhile, long nowNanos) {
        this.store = store;
        this.meanwhile = meanwhile;
        this.heardAtNanos = nowNanos;
        this.lookedAtNanos = nowNanos;
    }

    /** It has answered. */
    public synchronized void heard(long nowNanos) {
        if (lost) {
            lost = false;
            LOG.warnf("%s answers again, after %d s", store, seconds(nowNanos - heardAtNanos));
        }
        heardAtNanos = nowNanos;
        reason = NO_ANSWER;
    }

    /** It could not be asked, or did not answer. Of several reasons the first is told: later ones only say that it was given up. */
    public synchronized void missed(Throwable failure) {
        if (reason.equals(NO_ANSWER)) {
            reason = String.valueOf(failure.getMessage());
        }
    }

    /** Call it several times within {@link #SILENCE}. Where it was not, this process stood still, and says nothing of the store. */
    public synchronized void look(long nowNanos) {
        if (nowNanos - lookedAtNanos > SILENCE.toNanos()) {
            heardAtNanos = lost ? heardAtNanos : nowNanos;
        }
        lookedAtNanos = nowNanos;
        if (!lost && nowNanos - heardAtNanos > SILENCE.toNanos()) {
            lost = true;
            LOG.warnf(
                    "%s has not answered for %d s (%s). %s",
                    store, seconds(nowNanos - heardAtNanos), reason, meanwhile);
        }
    }

    private static long seconds(long nanos) {
        return Duration.ofNanos(nanos).toSeconds();
    }
}
