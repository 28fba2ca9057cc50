package io.tenantry.admission;

import io.tenantry.limits.engine.Charge;
import io.tenantry.limits.engine.LimitKind;
import io.tenantry.limits.engine.LimitRef;
import io.tenantry.limits.engine.Standing;
import java.util.List;
import java.util.Map;

/**
 * Every rate and every set of parallel slots in the fields of the IETF draft <em>RateLimit header fields for HTTP</em> (structured fields, a list of
 * named items): {@code RateLimit-Policy: "team-tokens";q=40000;w=60;qu="tokens"} says what is allowed (quota, window in seconds, unit when it is
 * not requests), {@code RateLimit: "team-tokens";r=38500;t=3} what is left and after how many seconds it is whole again.
 */
final class RateLimitFields {

    private static final String POLICY = "RateLimit-Policy";
    private static final String STATE = "RateLimit";
    private static final String NAME_CHARS = "!#$%&'*+-.^_`|~";

    private RateLimitFields() {}

    static void add(Map<String, String> headers, List<Standing> standings) {
        var policy = new StringBuilder(256);
        var state = new StringBuilder(256);
        for (var standing : standings) {
            if (LimitHeaders.isTold(standing)) {
                var told = ToldLimit.of(standing.charge());
                separate(policy);
                separate(state);
                policy.append(told.policy());
                state.append(told.name()).append(";r=").append(Math.max(0, standing.remaining()));
                if (standing.charge() instanceof Charge.Rate) {
                    state.append(";t=").append((standing.resetMicros() + 999_999) / 1_000_000);
                }
            }
        }
        if (!policy.isEmpty()) {
            headers.put(POLICY, policy.toString());
            headers.put(STATE, state.toString());
        }
    }

    private static void separate(StringBuilder list) {
        if (!list.isEmpty()) {
            list.append(", ");
        }
    }

    /** A limit's name, quoted. */
    static String name(LimitRef limit) {
        var item = new StringBuilder()
                .append('"')
                .append(limit.scope().label)
                .append(
                        limit.kind().isThrottled()
                                ? "-throttled-"
                                : limit.kind() == LimitKind.TAG_REQUESTS ? "-tag-" : "-")
                .append(limit.kind() == LimitKind.PARALLEL ? "parallel" : limit.kind().wire);
        if (limit.model() != null) {
            item.append(':');
            quoted(item, limit.model());
        }
        return item.append('"').toString();
    }

    /** A structured field's string is printable ASCII. */
    private static void quoted(StringBuilder item, String text) {
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c == '"' || c == '\\') {
                item.append('\\');
            }
            item.append(c < ' ' || c > '~' ? '?' : c);
        }
    }

    /** What the policy says of a limit behind its name. */
    static String description(Charge charge) {
        var item = new StringBuilder().append(";q=").append(charge.most());
        if (charge instanceof Charge.Rate rate) {
            item.append(";w=").append(rate.rule().windowTicks() * rate.rule().tickMicros() / 1_000_000);
            if (charge.limit().kind().counted != LimitKind.Counted.REQUESTS) {
                item.append(";qu=\"tokens\"");
            }
        } else {
            item.append(";qu=\"concurrent-requests\"");
        }
        return item.toString();
    }

    /** Whether the text can be part of a header's name. */
    static boolean isFieldName(String text) {
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            boolean letterOrDigit = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
            if (!letterOrDigit && NAME_CHARS.indexOf(c) < 0) {
                return false;
            }
        }
        return true;
    }
}
