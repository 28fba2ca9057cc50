package io.tenantry.admission;

import static org.assertj.core.api.Assertions.assertThat;

import io.tenantry.admission.AdmissionId.Subject;
import io.tenantry.core.ResourceKind;
import io.tenantry.platform.redis.TenantRoot;
import java.time.Instant;
import java.util.List;
import java.util.UUID;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class AdmissionIdTest {

    private static final Instant AT = Instant.parse("2026-03-01T10:00:00.123Z");

    private static AdmissionId id(Subject subject) {
        return AdmissionId.of(
                UUID.fromString("6f1c0f5e-4a3a-4a53-9f43-0b8d3f1f6f10"),
                AT,
                new TenantRoot(ResourceKind.ORGANIZATION, "acme"),
                "request \u20ac",
                subject);
    }

    @Test
    void it_says_whose_it_was_and_for_what() {
        for (var subject : List.of(
                Subject.UNSAID,
                new Subject("gpt-4o", null, List.of()),
                new Subject("gpt-4o", "ann/\u20ac", List.of("a", "b c")),
                new Subject(null, null, List.of("a")))) {
            var id = id(subject);

            assertThat(AdmissionId.parse(id.text())).contains(id);
            assertThat(id.isBookable()).isTrue();
        }
    }

    @Test
    void it_stays_short_enough_for_a_path_whatever_was_tagged() {
        var tags = IntStream.range(0, 20).mapToObj(n -> "t".repeat(97) + n).toList();

        var id = id(new Subject("gpt-4o", "ann", tags));

        assertThat(id.text().length()).isLessThanOrEqualTo(2_048);
        assertThat(AdmissionId.parse(id.text())).contains(id);
        assertThat(id.subject()).isEqualTo(new Subject("gpt-4o", "ann", List.of()));
    }

    @Test
    void what_is_no_id_names_nothing() {
        var text = id(new Subject("gpt-4o", "ann", List.of("a"))).text();

        for (var other : List.of("", "x", text.substring(0, text.length() / 2), text + "AAAA", "A" + text)) {
            assertThat(AdmissionId.parse(other).filter(AdmissionId::isBookable)).isEmpty();
        }
    }
}
