package io.tenantry.usage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.tenantry.core.NanoUsd;
import io.tenantry.platform.stores.StartRefused;
import io.tenantry.usage.PricesConfig.Unpriced;
import java.io.IOException;
import java.math.BigDecimal;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PriceFileTest {

    private static final String CHEAP = """
            {"a": {"input_cost_per_token": 0.000001, "output_cost_per_token": 0.000002, "litellm_provider": "one"}}""";
    private static final String DEAR = """
            {"a": {"input_cost_per_token": 0.000010, "output_cost_per_token": 0.000020, "litellm_provider": "two"},
             "b": {"input_cost_per_token": 0.000001}}""";

    @TempDir
    Path directory;

    private final SimpleMeterRegistry metrics = new SimpleMeterRegistry();
    private int writes;

    private record Config(Optional<Path> file, Unpriced unpriced) implements PricesConfig {
        @Override
        public Duration reloadInterval() {
            return Duration.ofSeconds(15);
        }

        @Override
        public BigDecimal defaultInputCostPerToken() {
            return new BigDecimal("0.000015");
        }

        @Override
        public BigDecimal defaultOutputCostPerToken() {
            return new BigDecimal("0.000075");
        }
    }

    private Path write(String json) throws IOException {
        var file = directory.resolve("prices.json");
        Files.writeString(file, json);
        Files.setLastModifiedTime(file, FileTime.fromMillis(1_000_000L + 1_000L * writes++));
        return file;
    }

    private PriceFile prices(Path file, Unpriced unpriced) {
        return new PriceFile(new Config(Optional.of(file), unpriced), null, metrics);
    }

    private double outdated() {
        return metrics.get("tenantry.prices.outdated").gauge().value();
    }

    @Test
    void a_changed_file_replaces_all_prices() throws IOException {
        var file = write(CHEAP);
        var prices = prices(file, Unpriced.REFUSE);
        assertThat(prices.priceOf("a", 10, 10)).contains(new NanoUsd(30_000));
        assertThat(prices.priceOf("b", 10, 10)).isEmpty();

        write(DEAR);
        prices.reloadIfChanged(file);

        assertThat(prices.priceOf("a", 10, 10)).contains(new NanoUsd(300_000));
        assertThat(prices.priceOf("b", 10, 10)).contains(new NanoUsd(10_000));
        assertThat(prices.providerOf("a")).isEqualTo("two");
        assertThat(metrics.get("tenantry.prices.reloads").counter().count()).isEqualTo(1);
        assertThat(metrics.get("tenantry.prices.models").gauge().value()).isEqualTo(2);
    }

    @Test
    void an_unchanged_file_is_not_read_again() throws IOException {
        var file = write(CHEAP);
        var prices = prices(file, Unpriced.REFUSE);

        prices.reloadIfChanged(file);

        assertThat(metrics.get("tenantry.prices.reloads").counter().count()).isZero();
    }

    @Test
    void a_bad_file_keeps_the_prices_before_it_and_says_so_until_it_is_mended() throws IOException {
        var file = write(CHEAP);
        var prices = prices(file, Unpriced.REFUSE);

        for (var bad : new String[] {"{\"a\": ", "[]", "{\"a\": {\"input_cost_per_token\": -1}}"}) {
            write(bad);
            prices.reloadIfChanged(file);
            assertThat(prices.priceOf("a", 10, 10)).contains(new NanoUsd(30_000));
            assertThat(outdated()).isEqualTo(1);
        }
        Files.delete(file);
        prices.reloadIfChanged(file);
        assertThat(prices.priceOf("a", 10, 10)).contains(new NanoUsd(30_000));

        write(DEAR);
        prices.reloadIfChanged(file);
        assertThat(outdated()).isZero();
        assertThat(prices.priceOf("a", 10, 10)).contains(new NanoUsd(300_000));
    }

    @Test
    void a_start_with_a_bad_file_is_refused_in_words() throws IOException {
        var file = write("[1]");

        assertThatThrownBy(() -> prices(file, Unpriced.REFUSE))
                .isInstanceOf(StartRefused.class)
                .hasMessageContaining("tenantry.prices.file");
    }

    @Test
    void a_model_without_a_price_costs_what_the_switch_says() throws IOException {
        var file = write(CHEAP);

        assertThat(prices(file, Unpriced.REFUSE).priceOf("x", 2, 1)).isEmpty();
        assertThat(prices(file, Unpriced.FREE).priceOf("x", 2, 1)).contains(NanoUsd.ZERO);
        assertThat(prices(file, Unpriced.DEFAULT).priceOf("x", 2, 1)).contains(new NanoUsd(105_000));
        assertThat(prices(file, Unpriced.DEFAULT).priceOf("a", 10, 10)).contains(new NanoUsd(30_000));
        assertThat(prices(file, Unpriced.DEFAULT).providerOf("x")).isEmpty();
    }
}
