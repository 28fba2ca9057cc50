package io.tenantry.admission;

/** Whether it matters what a request costs. The more demanding comes later. */
enum CostMatters {
    NOT,

    /** For what is only counted and reported: soft budgets, and those in shadow mode. A model without a price must not be refused for them. */
    WHERE_KNOWN,

    /** For a cap that refuses. */
    ALWAYS;

    /** As much as nothing fails for. */
    CostMatters whereKnown() {
        return this == ALWAYS ? WHERE_KNOWN : this;
    }

    CostMatters or(CostMatters other) {
        return compareTo(other) >= 0 ? this : other;
    }
}
