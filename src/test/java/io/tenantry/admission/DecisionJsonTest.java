package io.tenantry.admission;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.tenantry.access.ObjectAccess;
import io.tenantry.core.BudgetPeriod;
import io.tenantry.core.NanoUsd;
import io.tenantry.core.ResourceKind;
import io.tenantry.limits.engine.BucketRule;
import io.tenantry.limits.engine.Charge;
import io.tenantry.limits.engine.LimitKind;
import io.tenantry.limits.engine.LimitRef;
import io.tenantry.limits.engine.Standing;
import io.tenantry.platform.http.WireFormats;
import io.tenantry.platform.redis.TenantRoot;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.Test;

class DecisionJsonTest {

    private static final Instant NOW = Instant.parse("2026-03-01T10:00:00.000250Z");
    private static final String MODEL = "a \"quoted\" \\ möd€l/😀\u0007";

    private final ObjectMapper mapper = mapper();

    private static ObjectMapper mapper() {
        var mapper = new ObjectMapper();
        new WireFormats().customize(mapper);
        return mapper.enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS);
    }

    private static LimitRef limit(LimitKind kind, String model) {
        return new LimitRef(ResourceKind.KEY, "k", kind, model);
    }

    private static Standing rate(LimitKind kind, String model, boolean shadow, long wait) {
        var charge = new Charge.Rate(limit(kind, model), 1, BucketRule.of(60, Duration.ofDays(1)), shadow);
        return new Standing(charge, -3, 0, 0, 1_000_001, wait);
    }

    private static Standing slot(boolean shadow, long wait) {
        return new Standing(new Charge.Slot(limit(LimitKind.PARALLEL, null), 4, shadow), -1, 5, 0, 0, wait);
    }

    private static Standing budget(LimitKind kind, long most, long soft, BudgetPeriod.Window window, long spent) {
        var charge = new Charge.Budget(limit(kind, null), 1, most, soft, window);
        long left = most == Charge.UNLIMITED ? Charge.UNLIMITED : most - spent;
        return new Standing(charge, left, spent, 0, 0, 0);
    }

    /** One of each kind, those beside each other that differ in one thing only. */
    private static List<Standing> standings() {
        var month = BudgetPeriod.windowAt("1mo", NOW, ZoneOffset.UTC);
        var next = BudgetPeriod.windowAt("1mo", month.end(), ZoneOffset.UTC);
        var all = new ArrayList<Standing>();
        for (var kind : LimitKind.values()) {
            switch (kind) {
                case PARALLEL -> all.addAll(List.of(slot(false, 0), slot(true, 7)));
                case BUDGET, TOKEN_BUDGET, REQUEST_BUDGET -> {
                    for (var window : List.of(BudgetPeriod.LIFETIME, month, next)) {
                        all.add(budget(kind, Charge.UNLIMITED, 0, window, 5));
                        all.add(budget(kind, 0, Charge.UNLIMITED, window, 1));
                        all.add(budget(kind, 2_500_000_000L, 1, window, 125_000_001));
                        all.add(budget(kind, 2_500_000_000L, 1, window, -1));
                        all.add(budget(kind, 2_500_000_000L, 1, window, -1).carrying(4));
                    }
                }
                default -> {
                    all.add(rate(kind, MODEL, false, 0));
                    all.add(rate(kind, MODEL, true, 5));
                    all.add(rate(kind, "other", false, 0));
                    all.add(rate(kind, kind == LimitKind.TAG_REQUESTS ? "" : null, true, Standing.NEVER));
                }
            }
        }
        return all;
    }

    private static Decision.Admitted admitted(List<Standing> standings) {
        var key = UUID.randomUUID();
        var record = new AdmissionRecord(
                new AdmissionId(key, NOW, new TenantRoot(ResourceKind.TEAM, "t"), "r"),
                new KeyOwner(key, "hash", null, "u", "t", null, null),
                "end \"user\" ü",
                List.of("tag", MODEL),
                MODEL,
                List.of(),
                List.of(),
                new Estimate(3, 4, new NanoUsd(1_500_000_000), Estimate.Source.OBSERVED, true));
        var attachments =
                new Policy.Attachments(Map.of("a", List.of(1, 0.5)), List.of(), List.of(), ObjectAccess.OPEN, null);
        return new Decision.Admitted(record, MODEL, attachments, NOW.plusSeconds(900), standings, false);
    }

    @Test
    void what_is_admitted_is_written_in_the_words_of_the_described_view() throws IOException {
        var json = new DecisionJson(mapper);
        var decision = admitted(standings());
        var described = mapper.readTree(mapper.writeValueAsBytes(DecisionView.of(decision)));

        assertThat(mapper.readTree(json.write(decision).getBytes())).isEqualTo(described);
        // once more, when the words of all limits are known
        assertThat(mapper.readTree(json.write(decision).getBytes())).isEqualTo(described);
    }

    /** Budgets for aliases have limits that are made for each request. */
    @Test
    void the_words_of_equal_limits_are_made_once() {
        var made = ToldLimit.of(rate(LimitKind.REQUESTS, "m", false, 0).charge());

        assertThat(ToldLimit.of(rate(LimitKind.REQUESTS, "m", true, 0).charge()))
                .isSameAs(made);
        assertThat(ToldLimit.of(rate(LimitKind.TOKENS, "m", false, 0).charge())).isNotSameAs(made);
    }
}
