package io.tenantry.testing;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** One plain connection to Redis: enough of the protocol to look at and disturb what the service keeps there. */
public final class RedisProbe implements AutoCloseable {

    private final Socket socket;
    private final InputStream in;

    public static RedisProbe on(int port) {
        return new RedisProbe(port);
    }

    private RedisProbe(int port) {
        try {
            socket = new Socket("127.0.0.1", port);
            in = new BufferedInputStream(socket.getInputStream());
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
    }

    /** Every command that Redis is sent by anybody while the action runs, without those that scripts run inside. */
    public static List<String> commandsDuring(int port, Runnable action) {
        var end = "end-" + System.nanoTime();
        try (var watch = on(port);
                var other = on(port)) {
            watch.call("MONITOR");
            action.run();
            other.call("ECHO", end);
            var commands = new ArrayList<String>();
            for (var line = watch.next(); !line.contains(end); line = watch.next()) {
                if (!line.matches("[0-9.]+ \\[\\d+ lua\\].*")) {
                    commands.add(line);
                }
            }
            return commands;
        }
    }

    private synchronized String next() {
        try {
            return (String) reply();
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
    }

    /** The reply: a text, a {@link Long}, a list of replies, or null. */
    public synchronized Object call(String... words) {
        try {
            var command = new StringBuilder("*").append(words.length).append("\r\n");
            for (var word : words) {
                command.append('$')
                        .append(word.getBytes(StandardCharsets.UTF_8).length)
                        .append("\r\n")
                        .append(word)
                        .append("\r\n");
            }
            socket.getOutputStream().write(command.toString().getBytes(StandardCharsets.UTF_8));
            return reply();
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
    }

    private Object reply() throws IOException {
        int type = in.read();
        var line = line();
        return switch (type) {
            case '+' -> line;
            case ':' -> Long.parseLong(line);
            case '$' -> bulk(Integer.parseInt(line));
            case '*' -> list(Integer.parseInt(line));
            default -> throw new IllegalStateException("Redis said: " + line);
        };
    }

    private String bulk(int length) throws IOException {
        if (length < 0) {
            return null;
        }
        var text = new String(in.readNBytes(length), StandardCharsets.UTF_8);
        in.readNBytes(2);
        return text;
    }

    private List<Object> list(int length) throws IOException {
        var replies = new ArrayList<Object>();
        for (int i = 0; i < length; i++) {
            replies.add(reply());
        }
        return replies;
    }

    private String line() throws IOException {
        var text = new StringBuilder();
        for (int c = in.read(); c != '\r'; c = in.read()) {
            if (c < 0) {
                throw new IOException("Redis closed the connection");
            }
            text.append((char) c);
        }
        in.read();
        return text.toString();
    }

    @Override
    public void close() {
        try {
            socket.close();
        } catch (IOException ignored) {
            // nothing is lost
        }
    }
}
