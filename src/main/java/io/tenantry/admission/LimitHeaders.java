package io.tenantry.admission;

import io.tenantry.core.NanoUsd;
import io.tenantry.core.ResourceKind;
import io.tenantry.limits.engine.Charge;
import io.tenantry.limits.engine.LimitKind;
import io.tenantry.limits.engine.LimitRef;
import io.tenantry.limits.engine.Standing;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What the proxy should send along: the tightest limit in the form that OpenAI's clients read, each level's in the contract's form, and all of
 * them as {@link RateLimitFields}. Of money only the key's own is told: whoever calls need not know what a team may spend.
 */
final class LimitHeaders {

    private static final String DEGRADED = "x-tenantry-degraded";

    /** A decision has about thirty: more room would be cleared for nothing, less would be moved twice. */
    private static final int USUAL_SIZE = 48;

    private LimitHeaders() {}

    static Map<String, String> of(List<Standing> standings, boolean degraded) {
        var headers = new LinkedHashMap<String, String>(USUAL_SIZE);
        addLimits(headers, standings);
        addDegraded(headers, degraded);
        return headers;
    }

    /**
     * Whole seconds rounded up, as the header demands, and the milliseconds beside them. Of the limits only the exhausted ones are told: the others
     * were not touched.
     */
    static Map<String, String> of(Refusal refusal, boolean degraded, Instant now) {
        var headers = new LinkedHashMap<String, String>();
        refusal.waitMillis().ifPresent(millis -> addWait(headers, millis, now));
        if (!refusal.shortages().isEmpty()) {
            headers.put(
                    "rate_limit_type",
                    refusal.shortages().get(0).charge().limit().kind().wire);
        }
        addLimits(headers, refusal.shortages());
        addDegraded(headers, degraded);
        return headers;
    }

    private static void addWait(Map<String, String> headers, long millis, Instant now) {
        headers.put("retry-after", String.valueOf(Math.max(1, (millis + 999) / 1_000)));
        headers.put("retry-after-ms", String.valueOf(millis));
        headers.put(
                "reset_at",
                now.plusMillis(millis).truncatedTo(ChronoUnit.MILLIS).toString());
    }

    private static void addDegraded(Map<String, String> headers, boolean degraded) {
        if (degraded) {
            headers.put(DEGRADED, "true");
        }
    }

    private static void addLimits(Map<String, String> headers, List<Standing> standings) {
        addTightest(headers, standings, LimitKind.REQUESTS);
        addTightest(headers, standings, LimitKind.TOKENS);
        addScopes(headers, standings);
        for (var standing : standings) {
            if (standing.charge().limit().scope() == ResourceKind.KEY
                    && !standing.charge().shadow()) {
                addKeys(headers, standing);
            }
        }
        RateLimitFields.add(headers, standings);
    }

    /** Budgets are not the client's business; a limit in shadow mode must not slow it down. */
    static boolean isTold(Standing standing) {
        return !standing.charge().shadow() && !(standing.charge() instanceof Charge.Budget);
    }

    private static void addTightest(Map<String, String> headers, List<Standing> standings, LimitKind kind) {
        Standing tightest = null;
        for (var standing : standings) {
            if (isToldAs(kind, standing.charge().limit())
                    && isTold(standing)
                    && (tightest == null || standing.remaining() < tightest.remaining())) {
                tightest = standing;
            }
        }
        if (tightest != null) {
            var names = HeaderNames.ofTightest(kind);
            headers.put(names.limit(), ToldLimit.of(tightest.charge()).most());
            headers.put(names.remaining(), remaining(tightest));
            headers.put(names.reset(), seconds(tightest.resetMicros()));
        }
    }

    /** A {@code tpm_limit} is told as one of tokens, whichever of them it counts. */
    private static boolean isToldAs(LimitKind kind, LimitRef limit) {
        if (limit.kind().wire.equals(kind.wire)) {
            return true;
        }
        return kind == LimitKind.TOKENS && limit.model() == null && limit.kind().isTokensAMinute();
    }

    /** A level can have several limits of a kind, of different windows or models: the one with the least left is told. */
    private static void addScopes(Map<String, String> headers, List<Standing> standings) {
        for (var standing : standings) {
            var limit = standing.charge().limit();
            if (isTold(standing) && isTightest(standing, standings)) {
                var names = HeaderNames.of(limit);
                headers.putIfAbsent(
                        names.limit(), ToldLimit.of(standing.charge()).most());
                headers.putIfAbsent(names.remaining(), remaining(standing));
            }
        }
    }

    private static boolean isTightest(Standing standing, List<Standing> standings) {
        for (var other : standings) {
            if (other.remaining() < standing.remaining()
                    && isTold(other)
                    && isSameHeader(other.charge().limit(), standing.charge().limit())) {
                return false;
            }
        }
        return true;
    }

    private static boolean isSameHeader(LimitRef one, LimitRef other) {
        return one.kind().wire.equals(other.kind().wire)
                && one.scope() == other.scope()
                && (one.model() == null) == (other.model() == null)
                && (one.kind() == LimitKind.TAG_REQUESTS) == (other.kind() == LimitKind.TAG_REQUESTS);
    }

    /** The key's own limits under their older names. */
    private static void addKeys(Map<String, String> headers, Standing standing) {
        var limit = standing.charge().limit();
        switch (limit.kind()) {
            case REQUESTS -> addKeysRate(headers, standing, "requests", "x-litellm-key-rpm-limit");
            case TOKENS -> addKeysRate(headers, standing, "tokens", "x-litellm-key-tpm-limit");
            case BUDGET -> addKeysBudget(headers, standing);
            default -> {
                // slots have no older name
            }
        }
    }

    /** The first of them is the key's {@code max_budget}; those of single models have no older name. */
    private static void addKeysBudget(Map<String, String> headers, Standing standing) {
        if (standing.charge().limit().model() == null) {
            headers.putIfAbsent("x-litellm-key-spend", usd(standing.used()));
            if (standing.charge().most() != Charge.UNLIMITED) {
                headers.putIfAbsent(
                        "x-litellm-key-max-budget", usd(standing.charge().most()));
            }
        }
    }

    private static void addKeysRate(Map<String, String> headers, Standing standing, String what, String limit) {
        var model = standing.charge().limit().model();
        if (model == null) {
            headers.putIfAbsent(limit, ToldLimit.of(standing.charge()).most());
        } else if (RateLimitFields.isFieldName(model)) {
            headers.putIfAbsent("x-litellm-key-remaining-" + what + "-" + model, remaining(standing));
        }
    }

    private static String usd(long nanos) {
        return new NanoUsd(nanos).toUsd().toPlainString();
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
