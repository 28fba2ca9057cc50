package io.tenantry.platform;

import io.quarkus.runtime.Quarkus;
import io.quarkus.runtime.annotations.QuarkusMain;
import io.tenantry.platform.log.ConsoleLog;
import io.tenantry.platform.stores.StartRefused;
import io.tenantry.platform.stores.Stores;
import org.jboss.logging.Logger;

/** Finds the stores, starts embedded ones where none are named, then starts the service. */
@QuarkusMain
public class Main {

    private static final Logger LOG = Logger.getLogger("io.tenantry");

    public static void main(String... args) {
        try {
            openLog();
            Stores.prepare();
        } catch (StartRefused refused) {
            refuse(refused.getMessage());
            return;
        }
        Quarkus.run(null, (exitCode, failure) -> System.exit(exitCodeFor(exitCode, failure)), args);
    }

    private static void openLog() {
        if (!"dev".equals(System.getProperty("tenantry.launch"))) {
            ConsoleLog.open(Stores.areGiven());
        }
    }

    private static int exitCodeFor(int exitCode, Throwable failure) {
        if (failure != null) {
            StartFailure.inWords(failure)
                    .ifPresentOrElse(LOG::error, () -> LOG.error("Tenantry does not start", failure));
            return exitCode == 0 ? 1 : exitCode;
        }
        return exitCode;
    }

    private static void refuse(String why) {
        LOG.error("Tenantry does not start: " + why);
        System.exit(1);
    }
}
