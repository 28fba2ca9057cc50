package io.tenantry.admission;

import static org.assertj.core.api.Assertions.assertThat;

import io.tenantry.core.ResourceKind;
import io.tenantry.platform.redis.TenantRoot;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Random;
import java.util.UUID;
import org.junit.jupiter.api.Test;

/** The table against a plain map, with ids, numbers and end users of all lengths. */
class OpenTableTest {

    private static final int LONGEST_ID = 2_048;
    private static final String ID_CHARACTERS = "ABCabc019-_";
    private static final String[] END_USERS = {
        null, "", "c", "customer 4711", "käufer \uD83D\uDE00\u0000", "長".repeat(300)
    };

    private final Random random = new Random(4711);
    private final AdmissionRecord[] kinds = {kind(), kind(), kind()};

    @Test
    void what_is_found_is_what_was_put_and_nothing_else_is() {
        var table = new OpenTable(20_000);
        var model = new LinkedHashMap<String, OpenAdmission>();
        var ids = new ArrayList<String>();
        for (int n = 0; n < 20_000; n++) {
            var id = ids.isEmpty() || random.nextInt(3) > 0 ? id() : ids.get(random.nextInt(ids.size()));
            ids.add(id);
            if (random.nextInt(3) == 0) {
                assertThat(table.remove(key(id))).isEqualTo(model.remove(id) != null);
            } else {
                var admission = admission();
                table.put(key(id), admission);
                model.remove(id);
                model.put(id, admission);
            }
            var asked = ids.get(random.nextInt(ids.size()));
            assertSame(table.find(key(asked)), model.get(asked));
            if (model.size() > 400) {
                var oldest = model.keySet().iterator().next();
                model.remove(oldest);
                assertThat(table.remove(key(oldest))).isTrue();
            }
        }
        var found = new ArrayList<String>();
        table.forEach((id, admission) -> {
            found.add(id);
            assertSame(admission, model.get(id));
        });
        assertThat(found).containsExactlyElementsOf(model.keySet());
    }

    @Test
    void where_there_is_no_room_the_oldest_go_and_only_they() {
        var table = new OpenTable(60);
        var put = new ArrayList<String>();
        for (int n = 0; n < 5_000; n++) {
            var id = n + id();
            put.add(id);
            table.put(key(id), admission());

            var kept = new ArrayList<String>();
            table.forEach((other, admission) -> kept.add(other));
            assertThat(kept).isNotEmpty().hasSizeLessThanOrEqualTo(60);
            assertThat(kept).containsExactlyElementsOf(put.subList(put.size() - kept.size(), put.size()));
        }
    }

    @Test
    void what_is_larger_than_the_whole_table_is_not_kept_and_takes_no_place() {
        var table = new OpenTable(2);
        table.put(key("small"), new OpenAdmission(kinds[0], null, new long[6], 1));

        table.put(key("x".repeat(LONGEST_ID)), admission());

        assertThat(table.find(key("small"))).isNotNull();
        assertThat(table.find(key("x".repeat(LONGEST_ID)))).isNull();
    }

    @Test
    void ids_that_begin_alike_or_hash_alike_are_told_apart() {
        var table = new OpenTable(3_000);
        var sameHash =
                new RememberedId(PackedText.ofAscii("other"), 5, key("one").hash());
        table.put(key("one"), new OpenAdmission(kinds[0], null, new long[6], 1));

        assertThat(table.find(sameHash)).isNull();
        table.put(sameHash, new OpenAdmission(kinds[1], null, new long[6], 2));
        assertThat(table.remove(key("one"))).isTrue();

        assertThat(table.find(sameHash).expiresAtMicros()).isEqualTo(2);
        assertThat(table.find(key("one"))).isNull();
        assertThat(table.find(key("on"))).isNull();
    }

    private static void assertSame(OpenAdmission found, OpenAdmission put) {
        if (put == null) {
            assertThat(found).isNull();
        } else {
            assertThat(found.like()).isSameAs(put.like());
            assertThat(found.endUser()).isEqualTo(put.endUser());
            assertThat(found.numbers()).isEqualTo(put.numbers());
            assertThat(found.expiresAt()).isEqualTo(put.expiresAt());
        }
    }

    private RememberedId key(String id) {
        return RememberedId.of(id, 4711);
    }

    private String id() {
        int length = 1 + random.nextInt(random.nextInt(20) == 0 ? LONGEST_ID : 200);
        var id = new StringBuilder(length);
        random.ints(length, 0, ID_CHARACTERS.length()).forEach(n -> id.append(ID_CHARACTERS.charAt(n)));
        return id.toString();
    }

    private OpenAdmission admission() {
        return new OpenAdmission(
                kinds[random.nextInt(kinds.length)],
                END_USERS[random.nextInt(END_USERS.length)],
                random.longs(6 + random.nextInt(random.nextInt(20) == 0 ? 200 : 20))
                        .toArray(),
                random.nextLong() >> 8);
    }

    private static AdmissionRecord kind() {
        var key = UUID.randomUUID();
        return new AdmissionRecord(
                new AdmissionId(key, Instant.EPOCH, new TenantRoot(ResourceKind.KEY, key.toString()), "r"),
                null,
                null,
                List.of(),
                "gpt-4o",
                List.of(),
                List.of(),
                null);
    }
}
