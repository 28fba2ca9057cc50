package io.tenantry.admission;

import static io.tenantry.testing.Admissions.request;
import static org.assertj.core.api.Assertions.assertThat;

import io.micrometer.core.instrument.MeterRegistry;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.RestAssured;
import io.tenantry.testing.Admissions;
import io.tenantry.testing.Api;
import io.tenantry.testing.Calls;
import io.tenantry.testing.Given;
import io.tenantry.testing.RedisProbe;
import io.tenantry.testing.StoreAccess;
import io.tenantry.testing.StoresResource;
import jakarta.inject.Inject;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** What a decision asks of the stores, counted. */
@QuarkusTest
@QuarkusTestResource(StoresResource.class)
class AdmissionCostTest {

    @Inject
    MeterRegistry metrics;

    /** A key with rates, slots and budgets on three levels. */
    private record Limited(String organization, String key) {

        static Limited make() {
            return make("max_budget", 10);
        }

        static Limited withoutBudgetOfItsOwn() {
            return make("max_budget", null);
        }

        private static Limited make(String ofKey, Object value) {
            var organization = Given.organization("max_budget", 100, "budget_duration", "30d", "rpm_limit", 100_000);
            var team = Given.team(
                    "organization_id", organization, "max_budget", 50, "budget_duration", "1d", "tpm_limit", 9_000_000);
            var key = Given.key(
                    "team_id",
                    team,
                    ofKey,
                    value,
                    "rpm_limit",
                    1_000,
                    "tpm_limit",
                    900_000,
                    "max_parallel_requests",
                    900);
            return new Limited(organization, key);
        }

        void admit() {
            var answer = Api.asMaster().create("/v1/admissions", request(key));
            assertThat(answer.getBoolean("admitted")).isTrue();
            assertThat(answer.getBoolean("degraded")).isFalse();
        }

        /** What Redis is sent for this tenant while the action runs. A call that is repeated because it was late counts once. */
        List<String> redisCallsDuring(Runnable action) {
            var tag = "{organization:" + organization + "}";
            return RedisProbe.commandsDuring(StoreAccess.redisPort(), action).stream()
                    .filter(command -> command.contains(tag))
                    .map(command -> command.replaceFirst("^[^\"]*", ""))
                    .distinct()
                    .toList();
        }
    }

    private double counted(String counter) {
        return metrics.get(counter).counter().count();
    }

    private double statements() {
        return counted("tenantry.policy.statements") + counted("tenantry.budget.statements");
    }

    @Test
    void a_warm_admission_with_limits_and_budgets_is_one_call_to_redis_and_no_statement() {
        var limited = Limited.make();
        limited.admit();
        double before = statements();

        var calls = limited.redisCallsDuring(() -> {
            for (int n = 0; n < 20; n++) {
                limited.admit();
            }
        });

        assertThat(calls).hasSize(20);
        assertThat(statements()).isEqualTo(before);
    }

    @Test
    void a_cold_policy_is_one_statement_and_the_totals_that_redis_knows_none() {
        var limited = Limited.withoutBudgetOfItsOwn();
        limited.admit();
        Api.asMaster().create("/key/update", Map.of("key", limited.key(), "rpm_limit", 2_000));
        double policies = counted("tenantry.policy.statements");
        double totals = counted("tenantry.budget.statements");

        limited.admit();

        assertThat(counted("tenantry.policy.statements") - policies).isEqualTo(1);
        assertThat(counted("tenantry.budget.statements") - totals).isZero();
    }

    /** Since the budget may have been away meanwhile: docs/decisions/0003. */
    @Test
    void a_key_that_has_changed_is_one_statement_for_its_policy_and_one_for_its_totals() {
        var limited = Limited.make();
        limited.admit();
        Api.asMaster().create("/key/update", Map.of("key", limited.key(), "rpm_limit", 2_000));
        double policies = counted("tenantry.policy.statements");
        double totals = counted("tenantry.budget.statements");

        limited.admit();
        limited.admit();

        assertThat(counted("tenantry.policy.statements") - policies).isEqualTo(1);
        assertThat(counted("tenantry.budget.statements") - totals).isEqualTo(1);
    }

    @Test
    void the_totals_that_redis_does_not_know_are_one_statement_however_many_budgets_apply() {
        var limited = Limited.make();
        double policies = counted("tenantry.policy.statements");
        double totals = counted("tenantry.budget.statements");

        limited.admit();

        assertThat(counted("tenantry.policy.statements") - policies).isEqualTo(1);
        assertThat(counted("tenantry.budget.statements") - totals).isEqualTo(1);
    }

    @Test
    void after_a_change_of_their_organization_each_key_is_read_once_however_many_requests_wait() throws Exception {
        int keys = 100;
        var limited = Limited.make();
        makeKeys(limited.organization(), keys);
        admitAll(limited.organization(), keys, 1);
        double policies = counted("tenantry.policy.loads");
        double totals = counted("tenantry.budget.statements");

        Api.asMaster()
                .patch(
                        "/organization/update",
                        Map.of("organization_id", limited.organization(), "rpm_limit", 1_000_000));
        long degraded = admitAll(limited.organization(), keys, 3);

        // one that asks in the very moment in which a read ends may begin another; and without Redis a policy may be
        // read once more
        assertThat(counted("tenantry.policy.loads") - policies).isBetween((double) keys, 1.1 * keys + degraded);
        // of the organization's budget: by those that come before the first has answered, who share statements
        assertThat(counted("tenantry.budget.statements") - totals).isBetween(1.0, 0.5 * keys);
    }

    private static String secret(String organization, int number) {
        return "sk-herd-" + organization + "-" + number;
    }

    /** Straight into the table: what is tested is not how fast keys are made. */
    private static void makeKeys(String organization, int keys) {
        StoreAccess.execute("""
                insert into api_key (key_id, secret_hash, key_name, organization_id, rpm_limit, created_by, updated_by)
                select gen_random_uuid(), encode(sha256(('sk-herd-' || ? || '-' || n)::bytea), 'hex'), 'sk-...herd', ?, 1000, 'herd', 'herd'
                from generate_series(0, ?) n""", organization, organization, keys - 1);
    }

    /** How many of the answers are degraded ones. */
    private static long admitAll(String organization, int keys, int times) {
        var running = IntStream.range(0, keys * times)
                .mapToObj(n -> Calls.to(RestAssured.port)
                        .postAsync(
                                "/v1/admissions",
                                Admissions.requestJson(
                                        secret(organization, n % keys),
                                        "request_id",
                                        UUID.randomUUID().toString())))
                .toList();
        var answers = running.stream().map(CompletableFuture::join).toList();
        assertThat(answers).allMatch(Calls.Answer::admitted);
        return answers.stream()
                .filter(answer -> answer.json().getBoolean("degraded"))
                .count();
    }
}
