package io.tenantry.platform.log;

import io.quarkus.bootstrap.logging.InitialConfigurator;
import java.util.logging.Formatter;
import java.util.logging.Handler;
import org.eclipse.microprofile.config.ConfigProvider;
import org.jboss.logmanager.Level;
import org.jboss.logmanager.Logger;
import org.jboss.logmanager.formatters.PatternFormatter;
import org.jboss.logmanager.handlers.ConsoleHandler;

/**
 * The console's log from the first line on. The framework configures its own only when it starts, which is after we have looked
 * for the stores, and never when we refuse to start: until then it would keep every line to itself.
 */
public final class ConsoleLog {

    private static final String TEXT = "%d{yyyy-MM-dd HH:mm:ss,SSS} %-5p [%c{3.}] (%t) %s%e%n";

    private ConsoleLog() {}

    /** Call it once, before anything is logged. Not in dev mode, where the log belongs to the terminal of the build. */
    public static void open(boolean storesAreGiven) {
        // The framework sets the operator's level; before that everything would pass.
        Logger.getLogger("").setLevel(Level.INFO);
        Logger.getLogger("io.zonky").setLevel(Level.WARN); // tells a newcomer all that initdb has to say
        writeTextUntilConfigured(); // also where the setting below cannot be read
        var json = ConfigProvider.getConfig()
                .getOptionalValue("tenantry.log.json", String.class)
                .map(JsonLog::parse)
                .orElse(JsonLog.AUTO);
        if (json.appliesWith(storesAreGiven)) {
            writeJson();
        }
    }

    private static void writeTextUntilConfigured() {
        InitialConfigurator.DELAYED_HANDLER.setHandlers(new Handler[] {console(new PatternFormatter(TEXT))});
    }

    /** Our handler stays for good beside the framework's, whose console is switched off; its files and other handlers still work. */
    private static void writeJson() {
        var root = Logger.getLogger("");
        for (var handler : root.getHandlers()) {
            if (handler instanceof ConsoleHandler) {
                root.removeHandler(handler); // a native image begins with one; every line would appear twice
            }
        }
        root.addHandler(console(new JsonLogFormatter()));
        InitialConfigurator.DELAYED_HANDLER.setHandlers(new Handler[0]);
        System.setProperty("quarkus.log.console.enabled", "false");
    }

    private static ConsoleHandler console(Formatter formatter) {
        return new ConsoleHandler(ConsoleHandler.Target.SYSTEM_OUT, formatter);
    }
}
