package io.tenantry.platform.stores;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.util.Base64;
import org.eclipse.microprofile.config.ConfigProvider;
import org.jboss.logging.Logger;

/** A master key for the embedded run: made once, kept with the data, readable by its owner only. */
final class EmbeddedMasterKey {

    private static final Logger LOG = Logger.getLogger("io.tenantry");
    private static final int RANDOM_BYTES = 24;

    private EmbeddedMasterKey() {}

    static void publish(Path directory) {
        if (ConfigProvider.getConfig()
                .getOptionalValue("TENANTRY_MASTER_KEY", String.class)
                .isPresent()) {
            return;
        }
        var file = directory.resolve("master-key");
        System.setProperty("TENANTRY_MASTER_KEY", readOrMake(file));
        LOG.infof("TENANTRY_MASTER_KEY is not set: using the one in %s", file.toAbsolutePath());
    }

    private static String readOrMake(Path file) {
        try {
            if (Files.exists(file)) {
                return Files.readString(file).strip();
            }
            var bytes = new byte[RANDOM_BYTES];
            new SecureRandom().nextBytes(bytes);
            var key = "sk-" + Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
            Files.createFile(file, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
            Files.writeString(file, key);
            return key;
        } catch (IOException failure) {
            throw new StartRefused("The master key cannot be kept in %s: %s. Set TENANTRY_MASTER_KEY."
                    .formatted(file, failure.getMessage()));
        }
    }
}
