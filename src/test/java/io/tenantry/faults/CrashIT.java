package io.tenantry.faults;

import static org.assertj.core.api.Assertions.assertThat;

import io.tenantry.platform.stores.EmbeddedStores;
import io.tenantry.testing.Api;
import io.tenantry.testing.RedisServers;
import io.tenantry.testing.ServerProcess;
import io.tenantry.testing.ServiceProcess;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The packaged service as a newcomer starts it, on stores of its own, when all of it ends at once and without a word. */
class CrashIT {

    private static final int CALLERS = 6;

    private final Path directory = newDirectory();

    @Test
    void killed_together_with_its_stores_it_has_booked_what_it_acknowledged() throws SQLException {
        var acknowledged = new AtomicInteger();
        try (var service = start()) {
            var tenant = Tenant.on(service, "");
            var callers = IntStream.range(0, CALLERS)
                    .mapToObj(n -> CompletableFuture.runAsync(() -> {
                        while (isSettled(service, tenant)) {
                            acknowledged.incrementAndGet();
                        }
                    }))
                    .toList();
            RedisServers.await("load", () -> acknowledged.get() > 300);
            stores().forEach(ProcessHandle::destroyForcibly);
            service.kill();
            callers.forEach(CompletableFuture::join);
        }

        try (var stores = EmbeddedStores.start(directory);
                var database = DriverManager.getConnection(stores.addresses().jdbcUrl(), "postgres", "");
                var booked = database.createStatement().executeQuery("select count(*) from usage_event")) {
            booked.next();
            assertThat(booked.getInt(1)).isGreaterThanOrEqualTo(acknowledged.get());
        }
    }

    /** False once it has crashed. */
    private static boolean isSettled(ServiceProcess service, Tenant tenant) {
        try {
            var admission = tenant.admit(service);
            return admission.admitted()
                    && Tenant.settle(service, admission, "0.001").status() == 200;
        } catch (RuntimeException cutOff) {
            return false;
        }
    }

    private ServiceProcess start() {
        return ServiceProcess.start(
                Map.of("TENANTRY_MASTER_KEY", Api.MASTER_KEY), "tenantry.embedded.directory=" + directory);
    }

    /** With what they started: PostgreSQL's processes would write what it had not. Redis first, so that nothing waits there for PostgreSQL. */
    private List<ProcessHandle> stores() {
        return Stream.of("redis/redis.pid", "postgres/postmaster.pid")
                .map(file -> ServerProcess.in(directory.resolve(file)))
                .flatMap(ServerProcess::withChildren)
                .toList();
    }

    private static Path newDirectory() {
        try {
            return Files.createTempDirectory(Path.of("target").toAbsolutePath(), "crash-");
        } catch (IOException failure) {
            throw new IllegalStateException(failure);
        }
    }
}
