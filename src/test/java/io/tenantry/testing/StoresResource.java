package io.tenantry.testing;

import io.quarkus.test.common.QuarkusTestResourceLifecycleManager;
import io.tenantry.platform.stores.EmbeddedStores;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;

/** A real PostgreSQL and a real Redis for the tests, fresh for each run. Serves {@code @QuarkusTest} and the packaged service alike. */
public class StoresResource implements QuarkusTestResourceLifecycleManager {

    private EmbeddedStores stores;

    @Override
    public Map<String, String> start() {
        try {
            Files.createDirectories(Path.of("target"));
            stores = EmbeddedStores.start(
                    Files.createTempDirectory(Path.of("target").toAbsolutePath(), "stores-"));
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
        var settings = new HashMap<>(stores.addresses().settings());
        settings.put("DATABASE_URL", stores.addresses().database().toString());
        settings.put("REDIS_URL", stores.addresses().redis().url());
        settings.put("TENANTRY_MASTER_KEY", Api.MASTER_KEY);
        settings.put(
                "tenantry.prices.file",
                Path.of("src/test/resources/prices.json").toAbsolutePath().toString());
        settings.put("tenantry.teams.open", "open-to-everybody");
        settings.put("tenantry.teams.metadata-fields", "cost_center=Cost center");
        // The tests share two cores with all that they start; what is tested here is not how fast that machine is.
        settings.put("tenantry.limits.timeout", "500ms");
        settings.put("tenantry.admission.load-timeout", "15s");
        settings.putAll(TestTokens.settings());
        settings.put("quarkus.shutdown.delay", "0s"); // nobody balances requests to it
        StoreAccess.remember(stores.addresses());
        return settings;
    }

    @Override
    public void stop() {
        stores.close();
    }
}
