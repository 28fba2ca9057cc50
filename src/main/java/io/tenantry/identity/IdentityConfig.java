package io.tenantry.identity;

import io.smallrye.config.ConfigMapping;
import java.util.Optional;

/** Who may call. */
@ConfigMapping(prefix = "tenantry.identity")
public interface IdentityConfig {

    /** The key that may do everything, usually given as {@code TENANTRY_MASTER_KEY}. Starts with {@code sk-}; never stored. */
    Optional<String> masterKey();
}
