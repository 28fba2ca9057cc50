package io.tenantry.admission;

import static org.assertj.core.api.Assertions.assertThat;

import io.tenantry.admission.AdmissionRecord.Part;
import io.tenantry.core.BudgetPeriod;
import io.tenantry.core.NanoUsd;
import io.tenantry.core.ResourceKind;
import io.tenantry.limits.engine.BucketRule;
import io.tenantry.limits.engine.Charge;
import io.tenantry.limits.engine.LimitKind;
import io.tenantry.limits.engine.LimitRef;
import io.tenantry.platform.redis.TenantRoot;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.Test;

class OpenAdmissionTest {

    private static final Instant END = Instant.parse("2026-03-01T10:00:00.123456Z");
    private static final UUID KEY = UUID.fromString("6f1c0f5e-4a3a-4a53-9f43-0b8d3f1f6f10");
    private static final TenantRoot ROOT = new TenantRoot(ResourceKind.ORGANIZATION, "acme");
    private static final KeyOwner OWNER = new KeyOwner(KEY, "hash", "alias", "ann", "team", "Team", "acme");
    private static final LimitRef TOKENS = new LimitRef(ResourceKind.KEY, KEY.toString(), LimitKind.TOKENS, null);
    private static final LimitRef SLOTS = new LimitRef(ResourceKind.TEAM, "team", LimitKind.PARALLEL, null);
    private static final LimitRef MONEY = new LimitRef(ResourceKind.TEAM, "team", LimitKind.BUDGET, "gpt-4o");

    private final OpenAdmission.Kinds kinds = new OpenAdmission.Kinds();

    @Test
    void what_is_remembered_is_what_was_admitted_whatever_was_admitted_before() {
        var records = new ArrayList<AdmissionRecord>();
        for (int n = 0; n < 3; n++) {
            for (var model : List.of("gpt-4o", "o3")) {
                for (var endUser : new String[] {null, "customer-" + n}) {
                    for (boolean shadow : new boolean[] {false, true}) {
                        records.add(record(n, model, endUser, shadow, n + 100));
                        records.add(record(n, model, endUser, shadow, 100));
                    }
                }
            }
        }
        records.add(withoutEstimate());

        var remembered =
                records.stream().map(record -> kinds.remember(record, END)).toList();

        for (int i = 0; i < records.size(); i++) {
            assertThat(remembered.get(i).record(records.get(i).id())).isEqualTo(records.get(i));
            assertThat(remembered.get(i).expiresAt()).isEqualTo(END);
        }
    }

    @Test
    void a_part_of_batch_work_keeps_what_was_taken_before() {
        var first = charging(List.of(new Charge.Rate(TOKENS, 40, BucketRule.perMinute(100), false, 0)));
        var second = charging(List.of(new Charge.Rate(TOKENS, 40, BucketRule.perMinute(100), false, 60)));
        kinds.remember(first, END);

        assertThat(kinds.remember(second, END).record(second.id())).isEqualTo(second);
    }

    @Test
    void a_renewed_lease_changes_nothing_else() {
        var record = record(1, "gpt-4o", "customer", false, 7);

        var renewed = kinds.remember(record, END);
        renewed.renew(END.plusSeconds(60));

        assertThat(renewed.expiresAt()).isEqualTo(END.plusSeconds(60));
        assertThat(renewed.record(record.id())).isEqualTo(record);
    }

    private static AdmissionRecord charging(List<Charge> charges) {
        return record(1, "gpt-4o", null, false, 1).charging(charges);
    }

    private static AdmissionRecord withoutEstimate() {
        var whole = record(1, "gpt-4o", null, false, 1);
        return new AdmissionRecord(
                whole.id(), OWNER, null, whole.tags(), whole.model(), whole.charges(), whole.elsewhere(), null);
    }

    private static AdmissionRecord record(int n, String model, String endUser, boolean shadow, long cap) {
        var rule = BucketRule.perMinute(cap);
        var elsewhere = endUser == null
                ? List.<Part>of()
                : List.of(new Part(
                        new TenantRoot(ResourceKind.END_USER, endUser),
                        List.of(new Charge.Rate(
                                new LimitRef(ResourceKind.END_USER, endUser, LimitKind.REQUESTS, null), 1, rule))));
        return new AdmissionRecord(
                new AdmissionId(KEY, Instant.ofEpochMilli(n), ROOT, "request-" + n),
                OWNER,
                endUser,
                List.of("tag"),
                model,
                List.of(
                        new Charge.Rate(TOKENS, 10 * n + 1, rule, shadow),
                        new Charge.Slot(SLOTS, cap, shadow),
                        new Charge.Budget(
                                MONEY,
                                1_000 * n,
                                cap,
                                Charge.UNLIMITED,
                                BudgetPeriod.windowAt("1d", END, java.time.ZoneOffset.UTC),
                                shadow,
                                cap > 100 ? new Charge.Carry(5, cap, END) : null)),
                elsewhere,
                new Estimate(n, 2 * n, new NanoUsd(n), Estimate.Source.OBSERVED, shadow, n + 1));
    }
}
