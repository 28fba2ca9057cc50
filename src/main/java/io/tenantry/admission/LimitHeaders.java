package io.tenantry.admission;

import io.tenantry.core.ResourceKind;
import io.tenantry.limits.engine.LimitKind;
import io.tenantry.limits.engine.Standing;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** What the proxy should send along: the tightest limit in the form that OpenAI's clients read, and each level's in the contract's form. */
final class LimitHeaders {

    private static final String DEGRADED = "x-tenantry-degraded";

    private LimitHeaders() {}

    static Map<String, String> of(List<Standing> standings, boolean degraded) {
        var headers = new LinkedHashMap<String, String>();
        addTightest(headers, standings, LimitKind.REQUESTS);
        addTightest(headers, standings, LimitKind.TOKENS);
        for (var standing : standings) {
            addScope(headers, standing);
        }
        addDegraded(headers, degraded);
        return headers;
    }

    /** Whole seconds rounded up, as the header demands; the milliseconds are in the refusal itself. */
    static Map<String, String> of(Refusal refusal, boolean degraded) {
        var headers = new LinkedHashMap<String, String>();
        refusal.waitMillis()
                .ifPresent(millis -> headers.put("retry-after", String.valueOf(Math.max(1, (millis + 999) / 1_000))));
        if (!refusal.shortages().isEmpty()) {
            headers.put(
                    "rate_limit_type",
                    refusal.shortages().get(0).charge().limit().kind().wire);
        }
        for (var shortage : refusal.shortages()) {
            addScope(headers, shortage);
        }
        addDegraded(headers, degraded);
        return headers;
    }

    private static void addDegraded(Map<String, String> headers, boolean degraded) {
        if (degraded) {
            headers.put(DEGRADED, "true");
        }
    }

    private static void addTightest(Map<String, String> headers, List<Standing> standings, LimitKind kind) {
        Standing tightest = null;
        for (var standing : standings) {
            if (standing.charge().limit().kind() == kind
                    && (tightest == null || standing.remaining() < tightest.remaining())) {
                tightest = standing;
            }
        }
        if (tightest != null) {
            headers.put(
                    "x-ratelimit-limit-" + kind.wire,
                    String.valueOf(tightest.charge().most()));
            headers.put("x-ratelimit-remaining-" + kind.wire, remaining(tightest));
            headers.put("x-ratelimit-reset-" + kind.wire, seconds(tightest.resetMicros()));
        }
    }

    private static void addScope(Map<String, String> headers, Standing standing) {
        var limit = standing.charge().limit();
        if (limit.kind() != LimitKind.BUDGET) {
            var prefix = "x-ratelimit-" + scopeName(limit.scope(), limit.model());
            headers.putIfAbsent(
                    prefix + "-limit-" + limit.kind().wire,
                    String.valueOf(standing.charge().most()));
            headers.putIfAbsent(prefix + "-remaining-" + limit.kind().wire, remaining(standing));
        }
    }

    private static String scopeName(ResourceKind scope, String model) {
        var name = scope == ResourceKind.KEY ? "api_key" : scope.label;
        return model == null ? name : "model_per_" + (scope == ResourceKind.KEY ? "key" : scope.label);
    }

    private static String remaining(Standing standing) {
        return String.valueOf(Math.max(0, standing.remaining()));
    }

    /** In the form of a Go duration, as the clients that read it expect: {@code 1.25s}. */
    private static String seconds(long micros) {
        long millis = (micros + 999) / 1_000;
        return millis / 1_000 + "." + String.valueOf(1_000 + millis % 1_000).substring(1) + "s";
    }
}
