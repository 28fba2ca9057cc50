package io.tenantry.admission;

import static org.assertj.core.api.Assertions.assertThat;

import io.tenantry.core.NanoUsd;
import io.tenantry.core.ResourceKind;
import io.tenantry.limits.engine.Charge;
import io.tenantry.limits.engine.LimitKind;
import io.tenantry.tenancy.CountedTokens;
import io.tenantry.tenancy.FurtherLimits;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** The tables of {@code docs/limits.md} are made from the code: {@code -Dpages.update=true} writes them. */
class LimitsPageTest {

    private static final Path PAGE = Path.of("docs/limits.md");

    @Test
    void the_page_says_what_the_code_does() throws IOException {
        var text = Files.readString(PAGE);
        var made = replaced(replaced(text, "scopes", scopes()), "kinds", kinds());
        if (Boolean.getBoolean("pages.update")) {
            Files.writeString(PAGE, made);
        }
        assertThat(Files.readString(PAGE)).isEqualTo(made);
    }

    /** {@code ClassTest} or {@code ClassTest.method}, as the page names them. */
    private static final Pattern TEST = Pattern.compile("`(\\w+(?:Test|IT|Contract))(?:\\.(\\w+))?`");

    @Test
    void the_tests_that_the_page_names_are_there() throws IOException {
        var sources = new HashMap<String, String>();
        try (var files = Files.walk(Path.of("src/test/java"))) {
            for (var file : (Iterable<Path>) files.filter(Files::isRegularFile)::iterator) {
                sources.put(file.getFileName().toString().replace(".java", ""), Files.readString(file));
            }
        }
        var named = TEST.matcher(Files.readString(PAGE));
        while (named.find()) {
            assertThat(sources.keySet()).contains(named.group(1));
            if (named.group(2) != null) {
                assertThat(sources.get(named.group(1))).contains("void " + named.group(2) + "()");
            }
        }
    }

    private static String replaced(String page, String name, String table) {
        var begin = "<!-- " + name + ": made by LimitsPageTest -->\n";
        var end = "<!-- /" + name + " -->";
        int from = page.indexOf(begin) + begin.length();
        return page.substring(0, from) + table + page.substring(page.indexOf(end));
    }

    private static String scopes() {
        var table = new StringBuilder("| scope | its limits apply | they are written in |\n|---|---|---|\n");
        for (var scope : LimitedScope.values()) {
            table.append("| `%s` | %s | %s |\n".formatted(scope.kind.label, scope.applies, scope.source));
        }
        return table.toString();
    }

    /** One level with every limit there is, asked by one request; once for each way to count tokens. */
    private static String kinds() {
        var rows = new LinkedHashSet<String>();
        for (var counted : CountedTokens.values()) {
            var limits = limits(counted);
            var estimate = new Estimate(1, 1, NanoUsd.ZERO, Estimate.Source.REQUEST, false);
            var charges = new ArrayList<Charge>();
            limits.addCharges(charges, new Ask("m", "m", List.of("t"), estimate, Instant.now(), () -> false));
            limits.throttled(charges, estimate).forEach(charge -> rows.add(row(limits, charge, counted)));
        }
        return "| field | kind in answers | for | counts |\n|---|---|---|---|\n" + String.join("", rows);
    }

    private static ScopeLimits limits(CountedTokens counted) {
        var further = FurtherLimits.NONE.after(Map.of(
                "tpd_limit",
                1,
                "tag_rpm_limit",
                Map.of("t", 1),
                "model_itpm_limit",
                Map.of("m", 1),
                "model_otpm_limit",
                Map.of("m", 1),
                "budget_limits",
                List.of(Map.of("budget_duration", "1d", "max_budget", 1)),
                "model_max_budget",
                Map.of("m", Map.of("max_budget", 1)),
                "token_budget",
                1,
                "request_budget",
                1,
                "throttle_on_budget_exceeded",
                true));
        var terms = new LimitTerms(
                1L, null, "1mo", 1L, 1L, 1, Map.of("m", 1L), Map.of("m", 1L), further, Instant.EPOCH, 1, null, null);
        return ScopeLimits.of(
                ResourceKind.KEY, "k", terms, new LimitSettings(ZoneOffset.UTC, counted, 0.1, Duration.ofDays(1)));
    }

    private static String row(ScopeLimits limits, Charge charge, CountedTokens counted) {
        var limit = charge.limit();
        var field = limits.ruleOf(charge).replace(" of key", "");
        boolean choice = field.equals("tpm_limit") || field.equals("tpd_limit") || field.equals("model_tpm_limit");
        return "| `%s`%s | `%s` | %s | %s |\n"
                .formatted(
                        field,
                        choice && counted != CountedTokens.TOTAL ? ", `tpm_limit_counts: " + counted.wire + "`" : "",
                        limit.kind().wire,
                        limit.kind() == LimitKind.TAG_REQUESTS
                                ? "one tag of a key's requests"
                                : limit.model() == null ? "all models" : "one model",
                        counted(limit.kind()));
    }

    private static String counted(LimitKind kind) {
        return switch (kind) {
            case REQUESTS, TAG_REQUESTS -> "requests, a bucket refilled over a minute";
            case TOKENS -> "input and output tokens, a bucket refilled over a minute";
            case INPUT_TOKENS -> "input tokens, a bucket refilled over a minute";
            case OUTPUT_TOKENS -> "output tokens, a bucket refilled over a minute";
            case TOKENS_PER_DAY -> "input and output tokens, a bucket refilled over a day";
            case INPUT_TOKENS_PER_DAY -> "input tokens, a bucket refilled over a day";
            case OUTPUT_TOKENS_PER_DAY -> "output tokens, a bucket refilled over a day";
            case THROTTLED_REQUESTS -> "what is left of `rpm_limit` when the key's budget is spent";
            case THROTTLED_TOKENS, THROTTLED_INPUT_TOKENS, THROTTLED_OUTPUT_TOKENS ->
                "what is left of `tpm_limit` when the key's budget is spent";
            case PARALLEL -> "requests under way, leases";
            case BUDGET -> "US dollars in a period";
            case TOKEN_BUDGET -> "tokens in a period";
            case REQUEST_BUDGET -> "requests in a period";
        };
    }
}
