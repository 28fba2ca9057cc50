package io.tenantry.testing;

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import redis.embedded.core.ExecutableProvider;

/** Real Redis servers as processes of their own, in any shape: what can be killed, frozen, and promoted. */
public final class RedisServers implements AutoCloseable {

    private static final int SLOTS = 16_384;

    private final Path directory;
    private final File executable;
    private final Map<Integer, Process> processes = new LinkedHashMap<>();

    public RedisServers() {
        try {
            directory = Files.createTempDirectory(
                    Files.createDirectories(Path.of("target").toAbsolutePath()), "redis-");
            executable = ExecutableProvider.newJarResourceProvider(directory.toFile())
                    .get();
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
    }

    /** Starts one on a free port and waits until it answers. Settings are as on the command line, without the dashes. */
    public int start(String... settings) {
        int port = freePort();
        launch(port, settings);
        return port;
    }

    private void launch(int port, String... settings) {
        var words = new ArrayList<>(List.of(
                executable.getAbsolutePath(), "--port", String.valueOf(port), "--bind", "127.0.0.1", "--save", ""));
        words.addAll(List.of("--dir", home(port).toString()));
        for (var setting : settings) {
            var split = setting.split(" ", 2);
            words.add("--" + split[0]);
            words.addAll(Arrays.asList(split[1].split(" ")));
        }
        run(port, words);
    }

    private void run(int port, List<String> words) {
        try {
            var log = home(port).resolve("log").toFile();
            processes.put(
                    port,
                    new ProcessBuilder(words)
                            .redirectErrorStream(true)
                            .redirectOutput(log)
                            .start());
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
        await("a server on " + port, () -> {
            try (var redis = RedisProbe.on(port)) {
                return "PONG".equals(redis.call("PING"));
            }
        });
    }

    /** A sentinel that watches the master by the name {@code tenantry} and replaces it after half a second of silence. */
    public int startSentinel(int masterPort, int quorum) {
        int port = freePort();
        var file = home(port).resolve("sentinel.conf");
        try {
            Files.writeString(file, """
                    port %d
                    bind 127.0.0.1
                    dir %s
                    sentinel monitor tenantry 127.0.0.1 %d %d
                    sentinel down-after-milliseconds tenantry 500
                    sentinel failover-timeout tenantry 3000
                    """.formatted(port, home(port), masterPort, quorum));
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
        run(port, List.of(executable.getAbsolutePath(), file.toString(), "--sentinel"));
        return port;
    }

    /** A cluster of masters with a replica each; the masters come first. No tool is needed: nodes are told by plain commands. */
    public List<Integer> startCluster(int masters) {
        var ports = new ArrayList<Integer>();
        for (int i = 0; i < 2 * masters; i++) {
            ports.add(start(
                    "cluster-enabled yes",
                    "cluster-config-file nodes.conf",
                    "cluster-node-timeout 1000",
                    "cluster-replica-validity-factor 0",
                    "repl-diskless-sync-delay 0",
                    "cluster-require-full-coverage no"));
        }
        for (int i = 0; i < masters; i++) {
            assign(ports.get(i), i * SLOTS / masters, (i + 1) * SLOTS / masters - 1);
        }
        for (int port : ports.subList(1, ports.size())) {
            ask(ports.get(0), "CLUSTER", "MEET", "127.0.0.1", String.valueOf(port));
        }
        await("all nodes know each other", () -> ports.stream()
                .allMatch(port -> info(port, "CLUSTER", "INFO").contains("cluster_known_nodes:" + ports.size())));
        for (int i = 0; i < masters; i++) {
            var id = (String) ask(ports.get(i), "CLUSTER", "MYID");
            int replica = ports.get(masters + i);
            await("a replica", () -> "OK".equals(ask(replica, "CLUSTER", "REPLICATE", id)));
        }
        for (int i = 0; i < masters; i++) {
            int replica = ports.get(masters + i);
            await("a replica in step", () -> info(replica, "INFO", "replication")
                    .contains("master_link_status:up"));
        }
        await("the cluster", () -> ports.stream()
                .allMatch(port -> info(port, "CLUSTER", "INFO").contains("cluster_state:ok")
                        && info(port, "CLUSTER", "INFO").contains("cluster_slots_assigned:" + SLOTS)));
        return ports;
    }

    private void assign(int port, int first, int last) {
        var words = new ArrayList<>(List.of("CLUSTER", "ADDSLOTS"));
        for (int slot = first; slot <= last; slot++) {
            words.add(String.valueOf(slot));
        }
        ask(port, words.toArray(String[]::new));
    }

    public Object ask(int port, String... words) {
        try (var redis = RedisProbe.on(port)) {
            return redis.call(words);
        }
    }

    private String info(int port, String... words) {
        return String.valueOf(ask(port, words));
    }

    /** As {@code kill -9}. */
    public void kill(int port) {
        processes.get(port).destroyForcibly().onExit().join();
    }

    /** As {@code kill -STOP} or {@code -CONT}. */
    public void signal(int port, String name) {
        try {
            new ProcessBuilder(
                            "kill",
                            "-" + name,
                            String.valueOf(processes.get(port).pid()))
                    .start()
                    .waitFor();
        } catch (IOException | InterruptedException failure) {
            throw new IllegalStateException(failure);
        }
    }

    private Path home(int port) {
        try {
            return Files.createDirectories(directory.resolve(String.valueOf(port)));
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
    }

    /** A condition that also holds when it throws is none: a server that is not there yet. */
    public interface Condition {
        boolean holds() throws Exception;
    }

    /** Looks until it is so, for sixty seconds at most: on a busy machine much takes long, and what takes for ever is found all the same. */
    public static void await(String what, Condition condition) {
        await(what, 60, condition);
    }

    public static void await(String what, int seconds, Condition condition) {
        long deadline = System.nanoTime() + seconds * 1_000_000_000L;
        Throwable last = null;
        while (System.nanoTime() < deadline) {
            try {
                if (condition.holds()) {
                    return;
                }
            } catch (Exception notYet) {
                last = notYet;
            }
            try {
                Thread.sleep(50);
            } catch (InterruptedException interrupted) {
                Thread.currentThread().interrupt();
                break;
            }
        }
        throw new AssertionError("it does not happen: " + what, last);
    }

    /** Nodes of a cluster talk on their port plus 10,000. */
    private static int freePort() {
        for (int i = 0; i < 100; i++) {
            try (var probe = new ServerSocket(0)) {
                int port = probe.getLocalPort();
                if (port > 1_024 && port < 55_000) {
                    return port;
                }
            } catch (IOException taken) {
                // the next one
            }
        }
        throw new IllegalStateException("no free port");
    }

    @Override
    public void close() {
        processes.values().forEach(Process::destroyForcibly);
    }
}
