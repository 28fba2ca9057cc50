package io.tenantry.admission;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.entry;

import io.tenantry.core.BudgetPeriod;
import io.tenantry.core.ResourceKind;
import io.tenantry.limits.engine.BucketRule;
import io.tenantry.limits.engine.Charge;
import io.tenantry.limits.engine.LimitKind;
import io.tenantry.limits.engine.LimitRef;
import io.tenantry.limits.engine.Standing;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;

class LimitHeadersTest {

    private static final Instant NOW = Instant.parse("2026-03-01T12:00:00.250Z");

    private static final Waits WAITS = new Waits(NOW, null, at -> List.of());

    private static Standing rate(ResourceKind scope, LimitKind kind, String model, long limit, long left, long reset) {
        return rate(scope, kind, model, BucketRule.perMinute(limit), left, reset, 0);
    }

    private static Standing rate(
            ResourceKind scope, LimitKind kind, String model, BucketRule rule, long left, long reset, long wait) {
        var charge = new Charge.Rate(new LimitRef(scope, scope.label + "-1", kind, model), 1, rule);
        return new Standing(charge, left, 0, 0, reset, wait);
    }

    private static Standing slots(long most, long left) {
        var charge = new Charge.Slot(new LimitRef(ResourceKind.KEY, "k", LimitKind.PARALLEL, null), most);
        return new Standing(charge, left, most - left, 0, 0, 0);
    }

    private static Standing budget(ResourceKind scope, long most, long spent) {
        var limit = new LimitRef(scope, "b", LimitKind.BUDGET, null);
        return new Standing(
                new Charge.Budget(limit, 1, most, Charge.UNLIMITED, BudgetPeriod.LIFETIME),
                most - spent,
                spent,
                0,
                0,
                0);
    }

    @Test
    void an_admission_tells_every_limit_in_every_form() {
        var headers = LimitHeaders.of(
                List.of(
                        rate(ResourceKind.KEY, LimitKind.REQUESTS, null, 60, 59, 1_000_000),
                        slots(4, 3),
                        budget(ResourceKind.KEY, 2_500_000_000L, 125_000_000L),
                        rate(ResourceKind.TEAM, LimitKind.TOKENS, null, 40_000, 38_500, 2_250_000),
                        budget(ResourceKind.TEAM, 9_000_000_000L, 0)),
                false);

        assertThat(headers)
                .containsOnly(
                        entry("x-ratelimit-limit-requests", "60"),
                        entry("x-ratelimit-remaining-requests", "59"),
                        entry("x-ratelimit-reset-requests", "1.000s"),
                        entry("x-ratelimit-limit-tokens", "40000"),
                        entry("x-ratelimit-remaining-tokens", "38500"),
                        entry("x-ratelimit-reset-tokens", "2.250s"),
                        entry("x-ratelimit-api_key-limit-requests", "60"),
                        entry("x-ratelimit-api_key-remaining-requests", "59"),
                        entry("x-ratelimit-api_key-limit-max_parallel_requests", "4"),
                        entry("x-ratelimit-api_key-remaining-max_parallel_requests", "3"),
                        entry("x-ratelimit-team-limit-tokens", "40000"),
                        entry("x-ratelimit-team-remaining-tokens", "38500"),
                        entry("x-litellm-key-rpm-limit", "60"),
                        entry("x-litellm-key-max-budget", "2.5"),
                        entry("x-litellm-key-spend", "0.125"),
                        entry(
                                "RateLimit-Policy",
                                "\"key-requests\";q=60;w=60, \"key-parallel\";q=4;qu=\"concurrent-requests\", \"team-tokens\";q=40000;w=60;qu=\"tokens\""),
                        entry(
                                "RateLimit",
                                "\"key-requests\";r=59;t=1, \"key-parallel\";r=3, \"team-tokens\";r=38500;t=3"));
    }

    @Test
    void a_models_own_limits_are_named_with_the_model_and_never_break_a_header() {
        var headers = LimitHeaders.of(
                List.of(
                        rate(ResourceKind.KEY, LimitKind.TOKENS, "gpt-4o", 100, -5, 500_000),
                        rate(ResourceKind.KEY, LimitKind.REQUESTS, "a \"b\"\n", 10, 9, 0)),
                false);

        assertThat(headers)
                .containsEntry("x-ratelimit-model_per_key-limit-tokens", "100")
                .containsEntry("x-ratelimit-model_per_key-remaining-tokens", "0")
                .containsEntry("x-litellm-key-remaining-tokens-gpt-4o", "0")
                .containsEntry("RateLimit", "\"key-tokens:gpt-4o\";r=0;t=1, \"key-requests:a \\\"b\\\"?\";r=9;t=0");
        assertThat(headers.keySet()).noneMatch(name -> name.contains(" ") || name.contains("\""));
    }

    @Test
    void of_several_windows_of_one_level_the_tightest_is_told_and_the_fields_have_both() {
        var day = BucketRule.of(1_000, Duration.ofDays(1));
        var headers = LimitHeaders.of(
                List.of(
                        rate(ResourceKind.TEAM, LimitKind.TOKENS, null, 100, 80, 12_000_000),
                        rate(ResourceKind.TEAM, LimitKind.TOKENS, null, day, 7, 86_000_000_000L, 0)),
                false);

        assertThat(headers)
                .containsEntry("x-ratelimit-team-limit-tokens", "1000")
                .containsEntry("x-ratelimit-team-remaining-tokens", "7")
                .containsEntry("x-ratelimit-limit-tokens", "1000")
                .containsEntry(
                        "RateLimit-Policy",
                        "\"team-tokens\";q=100;w=60;qu=\"tokens\", \"team-tokens\";q=1000;w=86400;qu=\"tokens\"");
    }

    @Test
    void limits_in_shadow_mode_are_not_told() {
        var shadow = new Charge.Rate(
                new LimitRef(ResourceKind.KEY, "k", LimitKind.TOKENS, null), 1, BucketRule.perMinute(10), true);

        assertThat(LimitHeaders.of(List.of(new Standing(shadow, 1, 0, 0, 1, 0)), false))
                .isEmpty();
    }

    @Test
    void a_refusal_says_exactly_when_to_come_back() {
        var shortage = rate(
                ResourceKind.TEAM, LimitKind.TOKENS, null, BucketRule.perMinute(40_000), 120, 59_820_000, 1_380_000);
        var headers = LimitHeaders.of(Refusal.exhausted(List.of(shortage), "gpt-4o", WAITS), false, NOW);

        assertThat(headers)
                .containsOnly(
                        entry("retry-after", "2"),
                        entry("retry-after-ms", "1380"),
                        entry("reset_at", "2026-03-01T12:00:01.630Z"),
                        entry("rate_limit_type", "tokens"),
                        entry("x-ratelimit-limit-tokens", "40000"),
                        entry("x-ratelimit-remaining-tokens", "120"),
                        entry("x-ratelimit-reset-tokens", "59.820s"),
                        entry("x-ratelimit-team-limit-tokens", "40000"),
                        entry("x-ratelimit-team-remaining-tokens", "120"),
                        entry("RateLimit-Policy", "\"team-tokens\";q=40000;w=60;qu=\"tokens\""),
                        entry("RateLimit", "\"team-tokens\";r=120;t=60"));
    }

    @Test
    void whole_seconds_are_not_rounded_up_further_and_less_than_one_is_one() {
        var rule = BucketRule.perMinute(60);
        var second = rate(ResourceKind.KEY, LimitKind.REQUESTS, null, rule, 0, 60_000_000, 2_000_000);
        var moment = rate(ResourceKind.KEY, LimitKind.REQUESTS, null, rule, 0, 60_000_000, 1);

        assertThat(LimitHeaders.of(Refusal.exhausted(List.of(second), "m", WAITS), false, NOW))
                .containsEntry("retry-after", "2")
                .containsEntry("retry-after-ms", "2000");
        assertThat(LimitHeaders.of(Refusal.exhausted(List.of(moment), "m", WAITS), false, NOW))
                .containsEntry("retry-after", "1")
                .containsEntry("retry-after-ms", "1");
    }

    @Test
    void waiting_that_does_not_help_is_not_advised_and_a_degraded_answer_says_so() {
        var never = rate(ResourceKind.KEY, LimitKind.TOKENS, null, BucketRule.perMinute(10), 10, 0, Standing.NEVER);

        assertThat(LimitHeaders.of(Refusal.exhausted(List.of(never), "m", WAITS), true, NOW))
                .doesNotContainKeys("retry-after", "retry-after-ms", "reset_at")
                .containsEntry("x-tenantry-degraded", "true");
    }
}
