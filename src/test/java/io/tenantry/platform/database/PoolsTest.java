package io.tenantry.platform.database;

import static org.assertj.core.api.Assertions.assertThat;

import io.quarkus.reactive.datasource.ReactiveDataSource;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.tenantry.testing.StoresResource;
import io.vertx.mutiny.sqlclient.Pool;
import jakarta.inject.Inject;
import java.util.List;
import org.junit.jupiter.api.Test;

@QuarkusTest
@QuarkusTestResource(StoresResource.class)
class PoolsTest {

    @Inject
    Pool management;

    @Inject
    @ReactiveDataSource(AdmissionPool.NAME)
    Pool admission;

    @Test
    void a_statement_has_an_end_and_is_not_compiled() {
        for (var pool : List.of(management, admission)) {
            assertThat(shown(pool, "jit")).isEqualTo("off");
            assertThat(shown(pool, "statement_timeout")).isNotEqualTo("0");
        }
    }

    private static String shown(Pool pool, String setting) {
        return pool.query("show " + setting).executeAndAwait().iterator().next().getString(0);
    }
}
