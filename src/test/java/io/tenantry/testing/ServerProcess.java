package io.tenantry.testing;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;

/** The process of a store's server: what can be frozen and killed. */
public final class ServerProcess {

    private ServerProcess() {}

    /** The one whose id stands in the first line of its file. */
    public static ProcessHandle in(Path file) {
        try {
            var id = Files.readAllLines(file).get(0).strip();
            return ProcessHandle.of(Long.parseLong(id)).orElseThrow();
        } catch (IOException unreadable) {
            throw new UncheckedIOException(unreadable);
        }
    }

    /** PostgreSQL works in its children: who stops only the server stops but new connections. */
    public static Stream<ProcessHandle> withChildren(ProcessHandle server) {
        return Stream.concat(Stream.of(server), server.descendants());
    }
}
