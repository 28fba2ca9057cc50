package io.tenantry.admission;

import static org.assertj.core.api.Assertions.assertThat;

import io.tenantry.core.NanoUsd;
import io.tenantry.core.ResourceKind;
import io.tenantry.platform.redis.TenantRoot;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class RecentAdmissionsTest {

    private static final Duration LEASE = Duration.ofMinutes(15);

    private long now;
    private final RecentAdmissions recent = new RecentAdmissions(100, LEASE, () -> now);

    @Test
    void the_newest_half_is_always_there_and_never_more_than_the_most() {
        for (int n = 0; n < 1_000; n++) {
            recent.put("a" + n, admission());
            assertThat(recent.all().size()).isLessThanOrEqualTo(100);
            assertThat(recent.find("a" + Math.max(0, n - 49))).isNotNull();
        }
        assertThat(recent.find("a0")).isNull();
    }

    @Test
    void what_has_ended_leaves_its_place_to_others() {
        recent.put("long", admission());
        for (int n = 0; n < 1_000; n++) {
            recent.put("short" + n, admission());
            recent.end("short" + n, OpenAdmission.End.SETTLED);
        }
        assertThat(recent.all()).extracting(Map.Entry::getKey).containsExactly("long");
    }

    @Test
    void nothing_is_kept_for_more_than_two_leases_of_traffic() {
        recent.put("old", admission());
        for (int lease = 1; lease <= 2; lease++) {
            now += LEASE.toNanos();
            assertThat(recent.find("old")).isNotNull();
            now++;
            recent.put("lease" + lease, admission());
        }
        assertThat(recent.find("old")).isNull();
    }

    @Test
    void a_renewed_admission_is_as_good_as_new_and_an_ended_one_stays_ended() {
        recent.put("renewed", admission());
        IntStream.range(0, 60).forEach(n -> recent.put("a" + n, admission()));

        var later = Instant.parse("2026-03-01T10:15:00Z");
        recent.renew("renewed", later);
        recent.renew("ended", later);
        IntStream.range(0, 45).forEach(n -> recent.put("b" + n, admission()));

        assertThat(recent.find("renewed").expiresAt()).isEqualTo(later);
        assertThat(recent.find("ended")).isNull();
    }

    @Test
    void a_request_that_was_repeated_ends_once_for_all() {
        var first = admission();
        var again = admission();
        recent.put("repeated", first);
        IntStream.range(0, 60).forEach(n -> recent.put("a" + n, admission()));
        recent.put("repeated", again);

        recent.end("repeated", OpenAdmission.End.RELEASED);

        assertThat(recent.find("repeated")).isNull();
        assertThat(recent.all()).extracting(Map.Entry::getKey).doesNotContain("repeated");
        assertThat(List.of(first, again)).allMatch(OpenAdmission::hasEnded);
    }

    @Test
    void a_renewed_admission_is_the_same_one_so_that_whoever_puts_it_back_sees_its_end() {
        var seen = admission();
        recent.put("renewed", seen);
        IntStream.range(0, 60).forEach(n -> recent.put("a" + n, admission()));

        recent.renew("renewed", Instant.parse("2026-03-01T10:15:00Z"));
        recent.end("renewed", OpenAdmission.End.SETTLED);

        assertThat(seen.howEnded()).isEqualTo(OpenAdmission.End.SETTLED);
        assertThat(recent.all()).extracting(Map.Entry::getKey).doesNotContain("renewed");
    }

    private static OpenAdmission admission() {
        var key = UUID.randomUUID();
        var record = new AdmissionRecord(
                new AdmissionId(key, Instant.EPOCH, new TenantRoot(ResourceKind.KEY, key.toString()), "r"),
                new KeyOwner(key, "hash", null, null, null, null, null),
                null,
                List.of(),
                "gpt-4o",
                List.of(),
                List.of(),
                new Estimate(1, 1, NanoUsd.ZERO, Estimate.Source.DEFAULT, false));
        return new OpenAdmission.Kinds().remember(record, Instant.parse("2026-03-01T10:00:00Z"));
    }
}
