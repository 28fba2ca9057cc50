package io.tenantry.usage;

import static org.assertj.core.api.Assertions.assertThat;

import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.smallrye.mutiny.Uni;
import io.tenantry.admission.KeyOwner;
import io.tenantry.core.NanoUsd;
import io.tenantry.testing.StoreAccess;
import io.tenantry.testing.StoresResource;
import jakarta.inject.Inject;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.Test;

/** What is committed together succeeds and fails each for itself. */
@QuarkusTest
@QuarkusTestResource(StoresResource.class)
class LedgerTest {

    @Inject
    Ledger ledger;

    private static UsageEvent event(String requestId, long inputTokens) {
        var owner = new KeyOwner(UUID.randomUUID(), "0".repeat(64), null, null, null, null, null);
        return new UsageEvent(
                requestId,
                owner,
                null,
                "gpt-4o",
                "gpt-4o",
                "openai",
                inputTokens,
                2,
                3,
                new NanoUsd(7),
                "success",
                false,
                List.of(),
                Instant.now(),
                List.of());
    }

    @Test
    void what_the_database_refuses_fails_alone_and_its_company_is_booked() {
        var run = UUID.randomUUID().toString();
        var appended = new ArrayList<Uni<Boolean>>();
        for (int i = 0; i < 20; i++) {
            appended.add(ledger.append(event(run + "-" + i, i == 9 ? -1 : 1))
                    .map(Booked::first)
                    .onFailure()
                    .recoverWithItem(false));
        }

        var booked = Uni.join().all(appended).andFailFast().await().atMost(Duration.ofSeconds(10));

        assertThat(booked).hasSize(20);
        assertThat(booked.get(9)).isFalse();
        assertThat(booked).filteredOn(first -> first).hasSize(19);
        assertThat(StoreAccess.queryOne("select count(*)::text from usage_event where request_id like ?", run + "%"))
                .isEqualTo("19");
    }
}
