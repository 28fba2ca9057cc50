package io.tenantry.tenancy;

import java.util.List;
import java.util.stream.Stream;

/** What a rate limit promises. Without one it is simply enforced, as with {@link #BEST_EFFORT}. */
public enum ThroughputType {
    /** Enforced; what all have together may be more than their parent has. */
    BEST_EFFORT("best_effort_throughput"),
    /** Enforced, and checked when it is written: what all have together stays within what their parent has. */
    GUARANTEED("guaranteed_throughput"),
    /** Enforced only while the model fails; counted all the time. */
    DYNAMIC("dynamic");

    public final String wire;

    ThroughputType(String wire) {
        this.wire = wire;
    }

    static ThroughputType ofWire(String wire) {
        return Stream.of(values())
                .filter(type -> type.wire.equals(wire))
                .findFirst()
                .orElse(null);
    }

    static List<String> wires() {
        return Stream.of(values()).map(type -> type.wire).toList();
    }
}
