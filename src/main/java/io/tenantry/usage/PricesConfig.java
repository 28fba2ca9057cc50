package io.tenantry.usage;

import io.smallrye.config.ConfigMapping;
import java.nio.file.Path;
import java.util.Optional;

/** What models cost. */
@ConfigMapping(prefix = "tenantry.prices")
public interface PricesConfig {

    /** A price map in the public JSON format: model → {@code input_cost_per_token}, {@code output_cost_per_token}. Without one, callers send costs. */
    Optional<Path> file();
}
