package io.tenantry.platform.stores;

import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import org.eclipse.microprofile.config.ConfigProvider;
import org.jboss.logging.Logger;

/**
 * Decides which stores this process uses and hands them to the framework as settings. Runs before the framework starts, because
 * embedded servers get their ports only then. Settings travel as system properties: they outlive a live reload, classes don't.
 */
public final class Stores {

    /** Set once embedded servers run in this process: the directory of their data. */
    public static final String EMBEDDED_DIRECTORY = "tenantry.embedded.running-in";

    private static final Logger LOG = Logger.getLogger("io.tenantry");

    private Stores() {}

    /** Whether this process runs on its own embedded servers. */
    public static boolean areEmbedded() {
        return System.getProperty(EMBEDDED_DIRECTORY) != null;
    }

    /** Whether the operator names stores, as opposed to a first look with embedded ones. */
    public static boolean areGiven() {
        return setting("DATABASE_URL").isPresent() || setting("REDIS_URL").isPresent();
    }

    /** Whether this build carries embedded servers: the container's and the native one don't. */
    private static boolean canBeEmbedded() {
        return Stores.class.getClassLoader().getResource("redis/embedded/RedisServer.class") != null;
    }

    public static void prepare() {
        if (areEmbedded()) {
            return; // live reload: the servers are still there
        }
        var database = setting("DATABASE_URL");
        var redis = setting("REDIS_URL");
        if (database.isPresent() != redis.isPresent()) {
            throw new StartRefused(
                    "%s is set and %s is not. Set both to use your own servers, or none to use embedded ones."
                            .formatted(
                                    database.isPresent() ? "DATABASE_URL" : "REDIS_URL",
                                    database.isPresent() ? "REDIS_URL" : "DATABASE_URL"));
        }
        if (database.isPresent()) {
            var given = StoreAddresses.parse(database.get(), redis.get());
            StoreCheck.requireReachable(given);
            publish(given.settings());
        } else {
            startEmbedded();
        }
    }

    private static void startEmbedded() {
        if (!canBeEmbedded()) {
            throw new StartRefused(
                    "DATABASE_URL and REDIS_URL are not set, and this build carries no embedded servers. Set both, as in postgresql://user:password@host:5432/tenantry and redis://host:6379.");
        }
        var directory = Path.of(setting("tenantry.embedded.directory").orElse(".tenantry"));
        LOG.infof(
                "DATABASE_URL and REDIS_URL are not set: starting PostgreSQL and Redis in %s (not for production)",
                directory.toAbsolutePath());
        var stores = EmbeddedStores.start(directory);
        publish(stores.addresses().settings());
        publish(Map.of("quarkus.shutdown.delay", "0s")); // nobody balances requests to this one
        EmbeddedMasterKey.publish(directory);
        System.setProperty(EMBEDDED_DIRECTORY, directory.toAbsolutePath().toString());
        LOG.infof(
                "PostgreSQL on %s, Redis on %s",
                stores.addresses().databaseName(), stores.addresses().redisName());
    }

    private static void publish(Map<String, String> settings) {
        settings.forEach(System::setProperty);
    }

    private static Optional<String> setting(String name) {
        return ConfigProvider.getConfig().getOptionalValue(name, String.class).filter(value -> !value.isBlank());
    }
}
