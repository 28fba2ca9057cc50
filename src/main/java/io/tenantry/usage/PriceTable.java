package io.tenantry.usage;

import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.tenantry.core.NanoUsd;
import java.io.IOException;
import java.io.InputStream;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.HashMap;
import java.util.Map;

/** All prices as a file had them at one moment: replaced as a whole, never changed. */
record PriceTable(Map<String, Price> prices) {

    private static final BigDecimal MOST_NANOS = BigDecimal.valueOf(Long.MAX_VALUE / 4);

    PriceTable {
        prices = Map.copyOf(prices);
    }

    /** In nano-dollars a token (and a request), with as many decimals as the file has: only the product is rounded. */
    record Price(BigDecimal inputNanos, BigDecimal outputNanos, BigDecimal requestNanos, String provider) {

        static final Price FREE = new Price(BigDecimal.ZERO, BigDecimal.ZERO, BigDecimal.ZERO, "");

        static Price perToken(BigDecimal inputUsd, BigDecimal outputUsd) {
            return new Price(inputUsd.movePointRight(9), outputUsd.movePointRight(9), BigDecimal.ZERO, "");
        }

        NanoUsd of(long inputTokens, long outputTokens) {
            var nanos = inputNanos
                    .multiply(BigDecimal.valueOf(inputTokens))
                    .add(outputNanos.multiply(BigDecimal.valueOf(outputTokens)))
                    .add(requestNanos)
                    .setScale(0, RoundingMode.CEILING);
            return new NanoUsd(nanos.min(MOST_NANOS).longValueExact());
        }
    }

    /** Fails with IOException or IllegalArgumentException when it is no price map. */
    static PriceTable read(InputStream in) throws IOException {
        var json = new ObjectMapper()
                .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
                .readTree(in);
        if (!json.isObject()) {
            throw new IllegalArgumentException("it is no JSON object");
        }
        var prices = new HashMap<String, Price>();
        json.fields().forEachRemaining(entry -> addPrice(prices, entry.getKey(), entry.getValue()));
        return new PriceTable(prices);
    }

    /** Entries without token prices (images, audio, the map's own sample) are no price for tokens. */
    private static void addPrice(Map<String, Price> prices, String model, JsonNode entry) {
        if (entry.path("input_cost_per_token").isNumber()) {
            prices.put(
                    model,
                    new Price(
                            nanos(model, entry, "input_cost_per_token"),
                            nanos(model, entry, "output_cost_per_token"),
                            nanos(model, entry, "input_cost_per_request"),
                            entry.path("litellm_provider").asText("")));
        }
    }

    private static BigDecimal nanos(String model, JsonNode entry, String field) {
        var usd = entry.path(field).isNumber() ? entry.path(field).decimalValue() : BigDecimal.ZERO;
        if (usd.signum() < 0) {
            throw new IllegalArgumentException(field + " of " + model + " is negative");
        }
        return usd.movePointRight(9);
    }
}
