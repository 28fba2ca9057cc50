package io.tenantry.admission;

import static org.assertj.core.api.Assertions.assertThat;

import io.tenantry.core.NanoUsd;
import io.tenantry.core.ResourceKind;
import io.tenantry.limits.engine.Charge;
import io.tenantry.limits.engine.LimitKind;
import io.tenantry.tenancy.FurtherLimits;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
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

    /** One level with every limit there is, asked by one request. */
    private static String kinds() {
        var further = FurtherLimits.NONE.after(Map.of(
                "tpd_limit", 1,
                "model_itpm_limit", Map.of("m", 1),
                "model_otpm_limit", Map.of("m", 1),
                "budget_limits", List.of(Map.of("budget_duration", "1d", "max_budget", 1)),
                "model_max_budget", Map.of("m", Map.of("max_budget", 1)),
                "token_budget", 1,
                "request_budget", 1));
        var terms = new LimitTerms(
                1L, null, "1mo", 1L, 1L, 1, Map.of("m", 1L), Map.of("m", 1L), further, Instant.EPOCH, null, null);
        var limits = ScopeLimits.of(ResourceKind.KEY, "k", terms, ZoneOffset.UTC);
        var charges = new ArrayList<Charge>();
        limits.addCharges(
                charges, "m", "m", new Estimate(1, 1, NanoUsd.ZERO, Estimate.Source.REQUEST, false), Instant.now());
        var rows = new LinkedHashSet<String>();
        for (var charge : charges) {
            var limit = charge.limit();
            rows.add("| `%s` | `%s` | %s | %s |\n"
                    .formatted(
                            limits.ruleOf(charge).replace(" of key", ""),
                            limit.kind().wire,
                            limit.model() == null ? "all models" : "one model",
                            counted(limit.kind())));
        }
        return "| field | kind in answers | for | counts |\n|---|---|---|---|\n" + String.join("", rows);
    }

    private static String counted(LimitKind kind) {
        return switch (kind) {
            case REQUESTS -> "requests, a bucket refilled over a minute";
            case TOKENS -> "input and output tokens, a bucket refilled over a minute";
            case INPUT_TOKENS -> "input tokens, a bucket refilled over a minute";
            case OUTPUT_TOKENS -> "output tokens, a bucket refilled over a minute";
            case TOKENS_PER_DAY -> "input and output tokens, a bucket refilled over a day";
            case PARALLEL -> "requests under way, leases";
            case BUDGET -> "US dollars in a period";
            case TOKEN_BUDGET -> "tokens in a period";
            case REQUEST_BUDGET -> "requests in a period";
        };
    }
}
