package io.tenantry.admission;

import static org.assertj.core.api.Assertions.assertThat;

import io.tenantry.admission.OpenAdmission.End;
import io.tenantry.core.NanoUsd;
import io.tenantry.core.ResourceKind;
import io.tenantry.platform.redis.TenantRoot;
import java.time.Instant;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class RecentAdmissionsTest {

    private static final Instant END = Instant.parse("2026-03-01T10:00:00Z");
    private static final Instant LATER = END.plusSeconds(900);

    private final RecentAdmissions recent = new RecentAdmissions(100);

    @Test
    void the_newest_are_always_there_and_never_more_than_the_most() {
        for (int n = 0; n < 1_000; n++) {
            recent.put("a" + n, admission());
            assertThat(recent.find("a" + Math.max(0, n - 99))).isNotNull();
            assertThat(recent.find("a" + (n - 100))).isNull();
        }
        assertThat(all()).hasSize(100);
    }

    @Test
    void what_has_ended_leaves_its_place_to_others() {
        recent.put("long", admission());
        for (int n = 0; n < 1_000; n++) {
            recent.put("short" + n, admission());
            recent.end("short" + n, End.SETTLED);
        }
        assertThat(all()).containsExactly("long");
    }

    @Test
    void a_renewed_admission_is_as_good_as_new_and_an_ended_one_stays_ended() {
        recent.put("renewed", admission());
        recent.put("ended", admission());
        recent.end("ended", End.SETTLED);
        fill(60, "a");

        recent.renew("renewed", LATER);
        recent.renew("ended", LATER);
        fill(60, "b");

        assertThat(recent.find("renewed").expiresAt()).isEqualTo(LATER);
        assertThat(recent.find("ended")).isNull();
    }

    @Test
    void a_request_that_was_repeated_ends_once_for_all() {
        recent.put("repeated", admission());
        fill(60, "a");
        recent.put("repeated", admission());

        recent.end("repeated", End.RELEASED);

        assertThat(recent.find("repeated")).isNull();
        assertThat(all()).hasSize(60).doesNotContain("repeated");
    }

    @Test
    void whoever_watches_sees_the_renewal_and_the_end_also_of_what_is_forgotten_meanwhile() {
        recent.put("seen", admission());
        var seen = recent.watch("seen");
        recent.renew("seen", LATER);
        assertThat(seen.expiresAt()).isEqualTo(LATER);
        assertThat(seen.hasEnded()).isFalse();

        fill(200, "a");
        assertThat(recent.find("seen")).isNull();
        recent.end("seen", End.RELEASED);

        assertThat(seen.howEnded()).isEqualTo(End.RELEASED);
    }

    @Test
    void two_who_watch_see_the_same_until_each_has_looked_away() {
        recent.put("seen", admission());
        var mine = recent.watch("seen");
        var others = recent.watchAll(any -> true);

        recent.unwatch(others.keySet());
        recent.end("seen", End.SETTLED);
        recent.unwatch(List.of("seen"));

        assertThat(others).containsOnlyKeys("seen");
        assertThat(others.get("seen")).isSameAs(mine);
        assertThat(mine.howEnded()).isEqualTo(End.SETTLED);
        assertThat(recent.watch("seen")).isNull();
    }

    @Test
    void many_threads_lose_nothing() {
        var shared = new RecentAdmissions(50_000);

        IntStream.range(0, 20_000).parallel().forEach(n -> {
            shared.put("kept" + n, admission());
            shared.put("ended" + n, admission());
            shared.end("ended" + n, End.SETTLED);
        });

        assertThat(IntStream.range(0, 20_000)).allMatch(n -> shared.find("kept" + n) != null);
        assertThat(shared.watchAll(any -> true)).hasSize(20_000);
    }

    private void fill(int count, String prefix) {
        IntStream.range(0, count).forEach(n -> recent.put(prefix + n, admission()));
    }

    private Set<String> all() {
        var all = recent.watchAll(any -> true).keySet();
        recent.unwatch(all);
        return all;
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
        return new OpenAdmission.Kinds().remember(record, END);
    }
}
