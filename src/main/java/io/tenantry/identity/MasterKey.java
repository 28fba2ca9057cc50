package io.tenantry.identity;

import io.quarkus.runtime.StartupEvent;
import io.tenantry.core.SecretHash;
import io.tenantry.platform.stores.StartRefused;
import jakarta.annotation.Priority;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.util.Set;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/** The master key. Only its digest is kept. */
@ApplicationScoped
public class MasterKey {

    /** Keys that stand in public guides: with one of them everybody is admin. */
    private static final Set<String> WELL_KNOWN =
            Set.of("sk-1234", "sk-12345", "sk-123456", "sk-master", "sk-admin", "sk-test", "sk-changeme");

    private static final int SHORTEST = 16;

    private final byte[] digest;

    MasterKey(IdentityConfig config) {
        var key = config.masterKey().map(String::strip).orElse("");
        requireSafe(key);
        this.digest = SecretHash.sha256(key);
    }

    /** Makes the check part of the start, before anything listens. */
    void checkAtStart(@Observes @Priority(1) StartupEvent start) {
        // building this bean did it
    }

    boolean matches(String secret) {
        return SecretHash.matches(digest, secret);
    }

    /** A secret for one purpose of ours, the same on every instance; the master key cannot be told from it. */
    public byte[] derive(String purpose) {
        try {
            var mac = Mac.getInstance("HmacSHA256");
            mac.init(new SecretKeySpec(digest, "HmacSHA256"));
            return mac.doFinal(purpose.getBytes(StandardCharsets.UTF_8));
        } catch (GeneralSecurityException impossible) {
            throw new IllegalStateException(impossible);
        }
    }

    private static void requireSafe(String key) {
        if (key.isEmpty()) {
            throw new StartRefused(
                    "TENANTRY_MASTER_KEY is not set, so nobody could administer the service. Set it to 'sk-' and at least 24 random characters.");
        }
        if (!key.startsWith("sk-")) {
            throw new StartRefused("TENANTRY_MASTER_KEY must start with 'sk-', as clients expect of every key.");
        }
        if (WELL_KNOWN.contains(key) || key.length() < SHORTEST) {
            throw new StartRefused(
                    "TENANTRY_MASTER_KEY is well known or shorter than 16 characters: anybody could guess it. Set it to 'sk-' and at least 24 random characters.");
        }
    }
}
