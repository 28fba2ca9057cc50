package io.tenantry.platform.database;

import io.quarkus.flyway.FlywayConfigurationCustomizer;
import jakarta.inject.Singleton;
import java.sql.SQLException;
import org.flywaydb.core.api.FlywayException;
import org.flywaydb.core.api.callback.Callback;
import org.flywaydb.core.api.callback.Context;
import org.flywaydb.core.api.callback.Event;
import org.flywaydb.core.api.configuration.FluentConfiguration;
import org.flywaydb.database.postgresql.PostgreSQLConfigurationExtension;

/**
 * How migrations run: each in a transaction, but for those that make indexes {@code concurrently}. They run outside of one, a step at a time, and
 * are written so that they can be run again: what one of them has left unfinished is no reason to refuse the next start.
 */
@Singleton
class Migrations implements FlywayConfigurationCustomizer {

    @Override
    public void customize(FluentConfiguration flyway) {
        flyway.mixed(true);
        flyway.callbacks(new ForgetFailed());
        // Held by a session and not by a transaction: an index made beside its writers waits for all transactions, also
        // for that one.
        flyway.getPluginRegister()
                .getExact(PostgreSQLConfigurationExtension.class)
                .setTransactionalLock(false);
    }

    /** Only what ran outside of a transaction leaves a failure in the history; the rest was rolled back together with its entry. */
    private static final class ForgetFailed implements Callback {

        private static final String FORGET = """
                do $$
                begin
                    if to_regclass('flyway_schema_history') is not null then
                        delete from flyway_schema_history where not success;
                    end if;
                end
                $$""";

        @Override
        public boolean supports(Event event, Context context) {
            return event == Event.BEFORE_VALIDATE;
        }

        @Override
        public boolean canHandleInTransaction(Event event, Context context) {
            return true;
        }

        @Override
        public void handle(Event event, Context context) {
            try (var statement = context.getConnection().createStatement()) {
                statement.execute(FORGET);
            } catch (SQLException failure) {
                throw new FlywayException("Failed migrations cannot be tried again", failure);
            }
        }

        @Override
        public String getCallbackName() {
            return "forget failed migrations";
        }
    }
}
