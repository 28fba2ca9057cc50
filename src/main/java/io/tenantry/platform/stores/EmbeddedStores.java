package io.tenantry.platform.stores;

import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.net.ServerSocket;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import redis.embedded.RedisServer;

/**
 * A real PostgreSQL and a real Redis as child processes, for the first run, development and tests. Their data lives in one
 * directory and survives restarts. Loopback only and without passwords: never for production, and not part of the container.
 */
public final class EmbeddedStores implements AutoCloseable {

    /** Locks stay held while this class lives: a collected channel would silently give its lock up. */
    private static final List<FileChannel> LOCKS = new ArrayList<>();

    private final StoreAddresses addresses;
    private final EmbeddedPostgres postgres;
    private final RedisServer redis;

    private EmbeddedStores(StoreAddresses addresses, EmbeddedPostgres postgres, RedisServer redis) {
        this.addresses = addresses;
        this.postgres = postgres;
        this.redis = redis;
    }

    /** Starts both on free ports. Blocks until they answer, a few seconds on the first start. */
    public static EmbeddedStores start(Path directory) {
        try {
            Files.createDirectories(directory);
            // One owner per directory, first: ending leftovers without the lock would end the servers of a living
            // neighbour.
            lock(directory);
            endLeftover(directory.resolve("postgres").resolve("postmaster.pid"), "postgres");
            endLeftover(directory.resolve("redis").resolve("redis.pid"), "redis");
            var postgres = startPostgres(directory.resolve("postgres"));
            int redisPort = freePort();
            var redis = startRedis(directory.resolve("redis"), redisPort);
            var addresses = StoreAddresses.parse(
                    "postgresql://postgres@127.0.0.1:%d/postgres".formatted(postgres.getPort()),
                    "redis://127.0.0.1:%d".formatted(redisPort));
            var stores = new EmbeddedStores(addresses, postgres, redis);
            Runtime.getRuntime().addShutdownHook(new Thread(stores::closeBehindService, "embedded-stores-stop"));
            return stores;
        } catch (IOException failure) {
            throw new StartRefused(
                    "The embedded PostgreSQL and Redis cannot start in %s: %s. Set DATABASE_URL and REDIS_URL to use your own."
                            .formatted(directory.toAbsolutePath(), failure.getMessage()));
        }
    }

    public StoreAddresses addresses() {
        return addresses;
    }

    public int redisPort() {
        return addresses.redisPort();
    }

    /** All hooks run at once; the framework's finishes what runs. Redis ends by a hook of its library: the service goes on without it. */
    private void closeBehindService() {
        ServiceEnd.blockUntilEnded();
        close();
    }

    @Override
    public void close() {
        try {
            redis.stop();
        } catch (IOException ignored) {
            // it is going away with us
        }
        try {
            postgres.close();
        } catch (IOException ignored) {
            // likewise
        }
    }

    private static EmbeddedPostgres startPostgres(Path directory) throws IOException {
        return EmbeddedPostgres.builder()
                .setDataDirectory(directory)
                .setCleanDataDirectory(false)
                .setRegisterShutdownHook(false)
                // The library turns both off; what we acknowledge must survive.
                .setServerConfig("fsync", "on")
                .setServerConfig("synchronous_commit", "on")
                .setServerConfig("max_connections", "100")
                .start();
    }

    private static RedisServer startRedis(Path directory, int port) throws IOException {
        Files.createDirectories(directory);
        var redis = RedisServer.newRedisServer()
                .port(port)
                .setting("bind 127.0.0.1")
                .setting("dir " + directory.toAbsolutePath())
                .setting("pidfile " + directory.resolve("redis.pid").toAbsolutePath())
                .setting("appendonly yes")
                // Snapshots beside it would only take the processor from everybody for seconds every minute.
                .setting("save \"\"")
                // Compressing is half of what rewriting that file costs, and gains a quarter of its size.
                .setting("rdbcompression no")
                // Rewriting copies all that lives: only when two thirds of the file say nothing any more.
                .setting("auto-aof-rewrite-min-size 256mb")
                .setting("auto-aof-rewrite-percentage 200")
                .setting("daemonize no")
                .build();
        redis.start();
        return redis;
    }

    private static void lock(Path directory) throws IOException {
        var channel =
                FileChannel.open(directory.resolve("owner.lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
        LOCKS.add(channel);
        try {
            if (channel.tryLock() != null) {
                return;
            }
        } catch (OverlappingFileLockException ours) {
            // held by this very process: refused as well
        }
        throw new StartRefused(
                "%s is in use by another running Tenantry. Stop that one, or set tenantry.embedded.directory to another directory."
                        .formatted(directory.toAbsolutePath()));
    }

    /** A killed JVM leaves its servers running. They are ended by process id, after a look at what that process is. */
    private static void endLeftover(Path pidFile, String command) throws IOException {
        if (!Files.exists(pidFile)) {
            return;
        }
        var first = Files.readAllLines(pidFile).stream()
                .findFirst()
                .map(String::strip)
                .orElse("");
        if (!first.matches("[0-9]{1,10}")) {
            return;
        }
        var leftover = ProcessHandle.of(Long.parseLong(first))
                .filter(process -> process.info().command().orElse("").contains(command));
        if (leftover.isPresent()) {
            leftover.get().destroy();
            try {
                leftover.get().onExit().get(10, TimeUnit.SECONDS);
            } catch (InterruptedException interrupted) {
                Thread.currentThread().interrupt();
            } catch (Exception stubborn) {
                leftover.get().destroyForcibly();
            }
        }
        Files.deleteIfExists(pidFile);
    }

    private static int freePort() throws IOException {
        try (var probe = new ServerSocket(0)) {
            return probe.getLocalPort();
        }
    }
}
