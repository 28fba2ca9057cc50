package io.tenantry.usage;

import static org.assertj.core.api.Assertions.assertThat;

import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.tenantry.testing.StoreAccess;
import io.tenantry.testing.StoresResource;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Tags are their callers' own words: whatever they hold, PostgreSQL reads what was meant. */
@QuarkusTest
@QuarkusTestResource(StoresResource.class)
class EventColumnsTest {

    @Test
    void tags_arrive_as_they_are_whatever_they_hold() {
        for (var tags : List.of(
                List.<String>of(),
                List.of("plain"),
                List.of("a,b", "{c}", "d e"),
                List.of("\"quoted\"", "back\\slash", "\\\"", "NULL", "null", "'", "é☃"))) {
            assertThat(StoreAccess.queryOne(
                            "select coalesce(string_agg(t, '|' order by n), '') from unnest(cast(? as text[])) with ordinality as u(t, n)",
                            EventColumns.arrayLiteral(tags)))
                    .isEqualTo(String.join("|", tags));
        }
    }
}
