package io.tenantry.platform;

import io.tenantry.platform.stores.StartRefused;
import org.flywaydb.core.api.FlywayException;

/** Says in one sentence why a start failed. */
final class StartFailure {

    private static final int DEEPEST = 12;

    private StartFailure() {}

    static String inWords(Throwable failure) {
        var cause = failure;
        for (int depth = 0; cause != null && depth < DEEPEST; depth++, cause = cause.getCause()) {
            if (cause instanceof StartRefused) {
                return "Tenantry does not start: " + cause.getMessage();
            }
            if (cause instanceof FlywayException) {
                return "Tenantry does not start: PostgreSQL cannot be migrated: "
                        + cause.getMessage().strip()
                        + " Nothing is served on a schema that does not fit; repair it or restore the backup, then start again.";
            }
        }
        return "Tenantry does not start: " + failure;
    }
}
