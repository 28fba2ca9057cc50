package io.tenantry.tenancy;

import io.smallrye.config.ConfigMapping;
import java.util.List;
import java.util.Optional;

/** Teams. */
@ConfigMapping(prefix = "tenantry.teams")
public interface TeamsConfig {

    /** Ids of teams that every user may join as a plain member, without an admin. By default none. */
    Optional<List<String>> open();

    /** Metadata that your teams should have, each as {@code name=label}. Advice for the forms of clients; nothing is refused. */
    Optional<List<String>> metadataFields();
}
