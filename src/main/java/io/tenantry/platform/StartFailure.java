package io.tenantry.platform;

import io.tenantry.platform.stores.StartRefused;
import java.util.Optional;
import org.flywaydb.core.api.FlywayException;

/** Says in one sentence why a start failed. */
final class StartFailure {

    private static final int DEEPEST = 12;

    private StartFailure() {}

    /** Empty when it is nothing that an operator could mend by its words: then the trace is needed. */
    static Optional<String> inWords(Throwable failure) {
        var cause = failure;
        for (int depth = 0; cause != null && depth < DEEPEST; depth++, cause = cause.getCause()) {
            if (cause instanceof StartRefused) {
                return Optional.of("Tenantry does not start: " + cause.getMessage());
            }
            if (cause instanceof FlywayException) {
                return Optional.of(
                        "Tenantry does not start: PostgreSQL cannot be migrated: %s Nothing is served on a schema that does not fit; "
                                        .formatted(cause.getMessage().strip())
                                + "repair it or restore the backup, then start again.");
            }
        }
        return Optional.empty();
    }
}
