package io.tenantry.tenancy;

import java.util.List;
import java.util.stream.Stream;

/** Which tokens of a request a token rate limit counts. */
public enum CountedTokens {
    TOTAL("total"),
    INPUT("input"),
    OUTPUT("output");

    public final String wire;

    CountedTokens(String wire) {
        this.wire = wire;
    }

    static CountedTokens ofWire(String wire) {
        return Stream.of(values())
                .filter(counted -> counted.wire.equals(wire))
                .findFirst()
                .orElse(null);
    }

    static List<String> wires() {
        return Stream.of(values()).map(counted -> counted.wire).toList();
    }
}
