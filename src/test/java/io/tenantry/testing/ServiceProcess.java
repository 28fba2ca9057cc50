package io.tenantry.testing;

import io.tenantry.platform.stores.StoreAddresses;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** The packaged service as its own process, on given stores: what can be killed, and run twice. */
public final class ServiceProcess implements AutoCloseable {

    private static final Path JAR = Path.of("target/quarkus-app/quarkus-run.jar");
    private static final Duration START = Duration.ofSeconds(60);

    private final Process process;
    private final int port;
    private final Path log;

    private ServiceProcess(Process process, int port, Path log) {
        this.process = process;
        this.port = port;
        this.log = log;
    }

    /** Starts and waits until it is ready. Settings are system properties, or the JVM's where they begin with {@code -X}. */
    public static ServiceProcess start(StoreAddresses stores, String... settings) {
        return start(
                Map.of(
                        "DATABASE_URL", stores.database().toString(),
                        "REDIS_URL", stores.redis().url(),
                        "TENANTRY_MASTER_KEY", Api.MASTER_KEY),
                settings);
    }

    /** The same with other variables: on embedded stores of its own where none are named. */
    public static ServiceProcess start(Map<String, String> environment, String... settings) {
        var service = launch(environment, settings);
        service.awaitReady();
        return service;
    }

    /** Starts and does not wait. */
    public static ServiceProcess launch(Map<String, String> environment, String... settings) {
        try {
            int port = freePort();
            var log = Files.createTempFile(Path.of("target").toAbsolutePath(), "service-", ".log");
            var command = new ArrayList<>(List.of(
                    Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                    "-Xmx256m",
                    "-Dquarkus.http.port=" + port,
                    "-Dquarkus.http.host=127.0.0.1",
                    "-Dtenantry.prices.file="
                            + Path.of("src/test/resources/prices.json").toAbsolutePath()));
            for (var setting : settings) {
                command.add(setting.startsWith("-X") ? setting : "-D" + setting);
            }
            command.add("-jar");
            command.add(JAR.toString());
            var builder = new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(log.toFile());
            builder.environment().keySet().removeAll(List.of("DATABASE_URL", "REDIS_URL", "TENANTRY_MASTER_KEY"));
            builder.environment().putAll(environment);
            return new ServiceProcess(builder.start(), port, log);
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
    }

    private void awaitReady() {
        var deadline = Instant.now().plus(START);
        while (Instant.now().isBefore(deadline)) {
            if (!process.isAlive()) {
                throw new IllegalStateException("the service ended with " + process.exitValue() + ":\n" + log());
            }
            if (isReady()) {
                return;
            }
            sleep(100);
        }
        throw new IllegalStateException("the service is not ready:\n" + log());
    }

    public boolean isReady() {
        try {
            return calls().get("/q/health/ready").status() == 200;
        } catch (UncheckedIOException notListening) {
            return false;
        }
    }

    public Calls calls() {
        return Calls.to(port);
    }

    public long pid() {
        return process.pid();
    }

    public int port() {
        return port;
    }

    public String log() {
        try {
            return Files.readString(log);
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
    }

    /** As {@code kill -9}: no shutdown hook runs. */
    public void kill() {
        process.destroyForcibly();
        awaitExit();
    }

    /** As {@code kill -TERM}. */
    public void terminate() {
        process.destroy();
    }

    public int awaitExit() {
        try {
            if (!process.waitFor(60, TimeUnit.SECONDS)) {
                throw new IllegalStateException("the service does not end");
            }
            return process.exitValue();
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(interrupted);
        }
    }

    @Override
    public void close() {
        process.destroyForcibly();
    }

    private static int freePort() throws IOException {
        try (var probe = new ServerSocket(0)) {
            return probe.getLocalPort();
        }
    }

    private static void sleep(long millis) {
        try {
            Thread.sleep(millis);
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
