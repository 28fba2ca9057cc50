package io.tenantry.platform.stores;

import io.quarkus.runtime.ShutdownEvent;
import io.quarkus.runtime.StartupEvent;
import jakarta.annotation.Priority;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/** Lets embedded stores outlive the service of their process: requests that run when it is asked to end are still answered. */
@ApplicationScoped
class ServiceEnd {

    /** Beyond {@code quarkus.shutdown.timeout}. */
    private static final Duration MOST = Duration.ofSeconds(40);

    private static volatile CountDownLatch running = new CountDownLatch(0);

    void started(@Observes StartupEvent event) {
        running = new CountDownLatch(1);
    }

    /** By now running requests are finished. */
    void ended(@Observes @Priority(Integer.MAX_VALUE) ShutdownEvent event) {
        running.countDown();
    }

    /** Blocks while the service runs, at most 40 s; not at all when it has not started. For the threads that end the process. */
    static void blockUntilEnded() {
        try {
            running.await(MOST.toSeconds(), TimeUnit.SECONDS);
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
