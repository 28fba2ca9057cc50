package io.tenantry.usage;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.math.BigDecimal;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;

/** What models cost. */
@ConfigMapping(prefix = "tenantry.prices")
public interface PricesConfig {

    /** A price map in the public JSON format: model → {@code input_cost_per_token}, {@code output_cost_per_token}. Without one, callers send costs. */
    Optional<Path> file();

    /** How often the file is looked at. A changed one replaces all prices at once; one that cannot be read changes nothing. {@code 0s} never looks again. */
    @WithDefault("15s")
    Duration reloadInterval();

    /** What a model without a price costs: {@code refuse} asks the caller for the cost, {@code default} takes the two prices below, {@code free} costs nothing. */
    @WithDefault("refuse")
    Unpriced unpriced();

    /** US dollars for a token of the prompt of a model without a price, with {@code unpriced=default}. High, so that nothing is spent unseen. */
    @WithDefault("0.000015")
    BigDecimal defaultInputCostPerToken();

    /** US dollars for a token of the answer of a model without a price, with {@code unpriced=default}. */
    @WithDefault("0.000075")
    BigDecimal defaultOutputCostPerToken();

    /** What a model without a price costs. */
    enum Unpriced {
        /** Nobody knows: under a budget an admission needs the caller's estimate, and a settlement its cost. */
        REFUSE,
        /** The configured price. */
        DEFAULT,
        /** Nothing. */
        FREE
    }
}
