package io.tenantry.usage;

import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.quarkus.runtime.StartupEvent;
import io.tenantry.admission.PriceList;
import io.tenantry.core.NanoUsd;
import io.tenantry.platform.stores.StartRefused;
import io.tenantry.platform.stores.Stores;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import java.io.IOException;
import java.io.InputStream;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/** The price list from a file, read once at start. The embedded run brings a few prices along, so that its first requests cost something. */
@ApplicationScoped
public class PriceFile implements PriceList {

    private static final String DEMO = "/demo/prices.json";
    private static final BigDecimal MOST_NANOS = BigDecimal.valueOf(Long.MAX_VALUE / 4);

    private final Map<String, Price> prices;

    /** In nano-dollars a token (and a request), with as many decimals as the file has: only the product is rounded. */
    private record Price(BigDecimal inputNanos, BigDecimal outputNanos, BigDecimal requestNanos, String provider) {

        NanoUsd of(long inputTokens, long outputTokens) {
            var nanos = inputNanos
                    .multiply(BigDecimal.valueOf(inputTokens))
                    .add(outputNanos.multiply(BigDecimal.valueOf(outputTokens)))
                    .add(requestNanos)
                    .setScale(0, RoundingMode.CEILING);
            return new NanoUsd(nanos.min(MOST_NANOS).longValueExact());
        }
    }

    PriceFile(PricesConfig config) {
        this.prices =
                config.file().map(PriceFile::readFile).orElseGet(() -> Stores.areEmbedded() ? readDemo() : Map.of());
    }

    void readAtStart(@Observes StartupEvent start) {
        // building this bean did it, and refused a file that cannot be read
    }

    @Override
    public Optional<NanoUsd> priceOf(String model, long inputTokens, long outputTokens) {
        return Optional.ofNullable(prices.get(model)).map(price -> price.of(inputTokens, outputTokens));
    }

    /** Who offers the model, as the price map says; empty text when it does not. */
    String providerOf(String model) {
        var price = prices.get(model);
        return price == null ? "" : price.provider();
    }

    private static Map<String, Price> readFile(Path file) {
        try (var in = Files.newInputStream(file)) {
            return read(in);
        } catch (IOException | IllegalArgumentException failure) {
            throw new StartRefused(
                    "The price list tenantry.prices.file=%s cannot be read: %s. Budgets would count nothing; mend the file or the setting."
                            .formatted(file, failure.getMessage()));
        }
    }

    private static Map<String, Price> readDemo() {
        try (var in = PriceFile.class.getResourceAsStream(DEMO)) {
            return read(in);
        } catch (IOException failure) {
            throw new StartRefused("The demo's price list cannot be read: " + failure.getMessage());
        }
    }

    private static Map<String, Price> read(InputStream in) throws IOException {
        var json = new ObjectMapper()
                .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
                .readTree(in);
        var prices = new HashMap<String, Price>();
        json.fields().forEachRemaining(entry -> price(entry.getKey(), entry.getValue())
                .ifPresent(price -> prices.put(entry.getKey(), price)));
        return Map.copyOf(prices);
    }

    /** Entries without token prices (images, audio, the map's own sample) are no price for tokens. */
    private static Optional<Price> price(String model, JsonNode entry) {
        if (!entry.path("input_cost_per_token").isNumber()) {
            return Optional.empty();
        }
        return Optional.of(new Price(
                nanos(model, entry, "input_cost_per_token"),
                nanos(model, entry, "output_cost_per_token"),
                nanos(model, entry, "input_cost_per_request"),
                entry.path("litellm_provider").asText("")));
    }

    private static BigDecimal nanos(String model, JsonNode entry, String field) {
        var usd = entry.path(field).isNumber() ? entry.path(field).decimalValue() : BigDecimal.ZERO;
        if (usd.signum() < 0) {
            throw new IllegalArgumentException(field + " of " + model + " is negative");
        }
        return usd.movePointRight(9);
    }
}
