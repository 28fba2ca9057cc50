package io.tenantry.platform.change;

import static org.assertj.core.api.Assertions.assertThat;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.quarkus.reactive.datasource.ReactiveDataSource;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.tenantry.core.ResourceKind;
import io.tenantry.platform.database.AdmissionPool;
import io.tenantry.platform.redis.RedisConfig;
import io.tenantry.platform.redis.RedisThrough;
import io.tenantry.platform.redis.TenantRoot;
import io.tenantry.testing.Given;
import io.tenantry.testing.StoreAccess;
import io.tenantry.testing.StoresResource;
import io.tenantry.testing.TcpProxy;
import io.vertx.core.Vertx;
import io.vertx.mutiny.sqlclient.Pool;
import jakarta.inject.Inject;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

@QuarkusTest
@QuarkusTestResource(StoresResource.class)
class AnnouncementsTest {

    @Inject
    Vertx vertx;

    @Inject
    @ReactiveDataSource(AdmissionPool.NAME)
    Pool pool;

    @Inject
    RedisConfig config;

    private final TenantRoot tag = new TenantRoot(ResourceKind.TAG, Given.unique("announced"));

    /** A notice from the future is too young for every sweep but an urgent one. */
    @Test
    void what_could_not_be_announced_waits_for_no_age_once_redis_is_back() throws InterruptedException {
        var notice = new Announcement(youngNotice(), ResourceKind.TAG, tag.id(), 77, tag);
        try (var proxy = TcpProxy.to(StoreAccess.redisPort())) {
            var redis = RedisThrough.port(proxy.port(), vertx, config);
            var announcements = new Announcements(vertx, pool, redis, new SimpleMeterRegistry());
            announcements.start(null);
            proxy.cut();
            announcements.deliver(List.of(notice)).await().atMost(Duration.ofSeconds(10));
            assertThat(announced()).isNull();

            proxy.restore();

            for (int i = 0; i < 2_000 && announced() == null; i++) {
                Thread.sleep(10);
            }
            assertThat(announced()).isEqualTo("77");
            announcements.stop(null);
        }
    }

    private long youngNotice() {
        return Long.parseLong(StoreAccess.queryOne(
                "insert into change_outbox (object_kind, object_id, version, root_kind, root_id, created_at) values ('tag', ?, 77, 'tag', ?, now() + interval '1 hour') returning outbox_id",
                tag.id(),
                tag.id()));
    }

    private String announced() {
        try (var redis = StoreAccess.redis()) {
            return (String) redis.call("GET", tag.prefix() + "version:tag:" + tag.id());
        }
    }
}
