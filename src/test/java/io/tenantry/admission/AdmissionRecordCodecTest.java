package io.tenantry.admission;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tenantry.admission.AdmissionRecord.Part;
import io.tenantry.core.BudgetPeriod;
import io.tenantry.core.NanoUsd;
import io.tenantry.core.Problem;
import io.tenantry.core.ProblemCode;
import io.tenantry.core.ResourceKind;
import io.tenantry.limits.engine.BucketRule;
import io.tenantry.limits.engine.Charge;
import io.tenantry.limits.engine.LimitKind;
import io.tenantry.limits.engine.LimitRef;
import io.tenantry.platform.redis.TenantRoot;
import io.vertx.core.buffer.Buffer;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.Test;

class AdmissionRecordCodecTest {

    private static final Instant AT = Instant.parse("2026-03-01T10:00:00.123Z");
    private static final UUID KEY = UUID.fromString("6f1c0f5e-4a3a-4a53-9f43-0b8d3f1f6f10");
    private static final KeyOwner MEMBER = new KeyOwner(KEY, "hash", "älias", "ann", "team", "Team \"1\"", "acme");
    private static final KeyOwner ALONE = new KeyOwner(KEY, "hash", null, null, null, null, null);
    private static final Estimate ESTIMATE =
            new Estimate(900, 600, new NanoUsd(8_250_000), Estimate.Source.OBSERVED, true, 3);

    @Test
    void every_kind_of_charge_of_every_scope_comes_back_as_it_was() {
        for (var owner : List.of(MEMBER, ALONE)) {
            for (var endUser : new String[] {null, "customer/1"}) {
                var record = record(owner, endUser, charges(owner, endUser));

                assertThat(AdmissionRecord.ofPayload(record.payload())).isEqualTo(record);
            }
        }
    }

    @Test
    void what_is_another_ones_is_told_from_what_is_the_owners() {
        var limits = List.of(
                new LimitRef(ResourceKind.TEAM, "other", LimitKind.REQUESTS, null),
                new LimitRef(ResourceKind.TEAM, "team", LimitKind.REQUESTS, null),
                new LimitRef(ResourceKind.TEAM, "team", LimitKind.TOKENS, "o3"),
                new LimitRef(ResourceKind.USER, "team", LimitKind.TOKENS, null),
                new LimitRef(ResourceKind.TEAM_MEMBER, "team/bob", LimitKind.BUDGET, null),
                new LimitRef(ResourceKind.TEAM_MEMBER, "team/ann", LimitKind.BUDGET, null));
        var record = record(
                MEMBER, "ann", limits.stream().map(limit -> charge(limit)).toList());

        assertThat(AdmissionRecord.ofPayload(record.payload())).isEqualTo(record);
    }

    @Test
    void a_record_begins_with_the_moment_of_its_attempt() {
        var record = record(MEMBER, null, charges(MEMBER, null));

        assertThat(record.payload().slice(0, record.stamp().length())).isEqualTo(record.stamp());
        assertThat(record.stamp().getLong(3)).isEqualTo(record.id().admittedAt().toEpochMilli());
        assertThat(AdmissionRecord.isStamp(record.stamp())).isTrue();
        assertThat(AdmissionRecord.isStamp(record.payload())).isFalse();
    }

    @Test
    void a_use_that_nobody_admitted_has_no_estimate() {
        var record = new AdmissionRecord(
                new AdmissionId(KEY, AT, new TenantRoot(ResourceKind.TEAM, "moved"), "r"),
                MEMBER,
                null,
                List.of(),
                "o3",
                List.of(),
                List.of(),
                null);

        assertThat(AdmissionRecord.ofPayload(record.payload())).isEqualTo(record);
    }

    @Test
    void what_another_release_has_written_is_that_releases_to_answer_and_not_broken() {
        var ours = record(MEMBER, null, charges(MEMBER, null)).payload();
        var format = Buffer.buffer(ours.getBytes()).setByte(1, (byte) 2);
        var shorter = ours.getBuffer(0, ours.length() / 2);
        for (var other :
                List.of(Buffer.buffer(), Buffer.buffer("{\"i\":1}"), Buffer.buffer(new byte[40]), format, shorter)) {
            assertThatThrownBy(() -> AdmissionRecord.ofPayload(other))
                    .isInstanceOfSatisfying(Problem.class, problem -> assertThat(problem.code())
                            .isEqualTo(ProblemCode.LIMITS_UNAVAILABLE));
        }
    }

    private static List<Charge> charges(KeyOwner owner, String endUser) {
        var charges = new ArrayList<Charge>();
        for (var kind : LimitKind.values()) {
            charges.add(charge(new LimitRef(ResourceKind.KEY, owner.keyId().toString(), kind, null)));
            charges.add(charge(new LimitRef(ResourceKind.TEAM, "team", kind, "gpt-4o")));
            charges.add(charge(new LimitRef(ResourceKind.ORGANIZATION_MEMBER, "acme/ann", kind, null)));
            charges.add(charge(new LimitRef(ResourceKind.END_USER, endUser == null ? "" : endUser, kind, null)));
            charges.add(charge(new LimitRef(ResourceKind.GLOBAL, "all", kind, null)));
        }
        charges.add(new Charge.Budget(
                new LimitRef(ResourceKind.TAG, "a", LimitKind.BUDGET, null),
                1L << 52,
                Charge.UNLIMITED,
                0,
                BudgetPeriod.LIFETIME));
        return charges;
    }

    private static Charge charge(LimitRef limit) {
        boolean shadow = limit.model() != null;
        return switch (limit.kind()) {
            case PARALLEL -> new Charge.Slot(limit, 7, shadow);
            case BUDGET, TOKEN_BUDGET, REQUEST_BUDGET ->
                new Charge.Budget(
                        limit, 5, 1L << 40, 100, BudgetPeriod.windowAt("1d", AT, ZoneOffset.UTC), shadow, null);
            default -> new Charge.Rate(limit, 1_500, BucketRule.perMinute(10_000), shadow, shadow ? 40 : 0);
        };
    }

    private static AdmissionRecord record(KeyOwner owner, String endUser, List<Charge> charges) {
        var elsewhere = List.of(
                new Part(new TenantRoot(ResourceKind.USER, "ann"), List.of(charges.get(0))),
                new Part(new TenantRoot(ResourceKind.END_USER, "customer/1"), List.of(charges.get(1))));
        return new AdmissionRecord(
                new AdmissionId(KEY, AT, owner.root(), "request \u20ac"),
                owner,
                endUser,
                List.of("a", "b/c"),
                "gpt-4o",
                charges,
                elsewhere,
                ESTIMATE);
    }
}
