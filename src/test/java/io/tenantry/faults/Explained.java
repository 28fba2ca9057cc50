package io.tenantry.faults;

import io.restassured.path.json.JsonPath;
import io.restassured.path.json.config.JsonPathConfig;
import io.restassured.path.json.config.JsonPathConfig.NumberReturnType;
import io.tenantry.testing.Calls;
import java.math.BigDecimal;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** How all limits of a key stand, in one instant as far as they live together. */
record Explained(List<Map<String, Object>> limits) {

    static Explained of(Calls.Answer explanation) {
        return new Explained(JsonPath.from(explanation.text())
                .using(new JsonPathConfig(NumberReturnType.BIG_DECIMAL))
                .getList("levels.limits.flatten()"));
    }

    private Optional<Map<String, Object>> of(String scope, boolean budget) {
        return limits.stream()
                .filter(limit -> limit.get("scope").equals(scope) && budget == isBudget(limit))
                .findFirst();
    }

    private static boolean isBudget(Map<String, Object> limit) {
        return limit.get("spent") != null;
    }

    private static BigDecimal number(Map<String, Object> limit, String field) {
        return new BigDecimal(String.valueOf(limit.get(field)));
    }

    /** Of the rate or the slots. */
    long remaining(String scope) {
        return number(of(scope, false).orElseThrow(), "remaining").longValueExact();
    }

    private static BigDecimal committed(Map<String, Object> limit) {
        return number(limit, "spent").add(number(limit, "held"));
    }

    /** Of the budget: settled and held. */
    BigDecimal committed(String scope) {
        return committed(of(scope, true).orElseThrow());
    }

    /** Empty where the level has no limit. */
    Optional<BigDecimal> left(String scope) {
        return of(scope, true).map(limit -> number(limit, "limit").subtract(committed(limit)));
    }

    /** By how much the budget that is furthest over its cap is over it; zero when none is. */
    BigDecimal over() {
        return limits.stream()
                .filter(Explained::isBudget)
                .map(limit -> committed(limit).subtract(number(limit, "limit")))
                .reduce(BigDecimal.ZERO, BigDecimal::max);
    }
}
