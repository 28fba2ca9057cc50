import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Measures Redis alone with the very call that one real admission made: {@code java bench/Replay.java MONITOR-OUTPUT PORT CONNECTIONS REQUESTS [PIPELINE]}.
 *
 * <p>The call is taken from what {@code redis-cli monitor} showed. Its reservation id becomes a running number, because a repeated id is answered from memory
 * and would flatter Redis. Each connection waits for its answers before it asks again, as {@code redis-benchmark} does; that program cannot send the
 * packed argument, which holds zero bytes. Every answer must say that something was taken.
 */
public final class Replay {

    private static final String RESERVATION = ":reservation:";
    private static final int FIRST_KEY = 3;
    private static final int DIGITS = 12;
    private static final long NANOS_OF_YEARS = (1L << 60) - 1; // fewer than the digits hold
    private static final int MOST_CONNECTIONS = 1_000;
    private static final long MOST_REQUESTS = 100_000_000;

    private final byte[] call;
    private final int idAt;
    private final long[] micros;
    private final long requests;
    private final int pipeline;
    private long sent;
    private long answered;

    private Replay(byte[] call, int idAt, long requests, int pipeline) {
        this.call = call;
        this.idAt = idAt;
        this.requests = requests;
        this.pipeline = pipeline;
        this.micros = new long[(int) Math.min(requests, 5_000_000)];
    }

    public static void main(String[] args) throws Exception {
        var words = reserveCall(Files.readAllLines(Path.of(args[0]), StandardCharsets.ISO_8859_1));
        int connections = (int) Math.min(MOST_CONNECTIONS, Long.parseLong(args[2]));
        long requests = Math.min(MOST_REQUESTS, Long.parseLong(args[3]));
        int pipeline = args.length > 4 ? Integer.parseInt(args[4]) : 1;
        var encoded = encoded(words);
        int idAt = new String(encoded, StandardCharsets.ISO_8859_1).indexOf(RESERVATION) + RESERVATION.length();
        new Replay(encoded, idAt, requests, pipeline).run(Integer.parseInt(args[1]), connections);
    }

    private final class Connection {
        final SocketChannel channel;
        final ByteBuffer in = ByteBuffer.allocate(64 * 1024);
        ByteBuffer out = ByteBuffer.allocate(0);
        int waiting;
        long since;

        Connection(SocketChannel channel) {
            this.channel = channel;
        }

        /** The next calls, as many as are asked at once; none when all have been sent. */
        boolean ask() throws IOException {
            int calls = (int) Math.min(pipeline, requests - sent);
            if (calls == 0) {
                return false;
            }
            out = ByteBuffer.allocate(calls * call.length);
            for (int i = 0; i < calls; i++) {
                out.put(call);
                out.put(out.position() - call.length + idAt, nextId().getBytes(StandardCharsets.US_ASCII));
            }
            out.flip();
            waiting = calls;
            since = System.nanoTime();
            channel.write(out);
            return true;
        }

        /** One that no other run has used either: a second reservation under an id takes nothing. */
        private String nextId() {
            var id = Long.toString((System.nanoTime() + sent++) & NANOS_OF_YEARS, Character.MAX_RADIX);
            return "0".repeat(DIGITS - id.length()) + id;
        }

        /** Whether all answers to what was asked are there. */
        boolean read() throws IOException {
            if (channel.read(in) < 0) {
                throw new IOException("Redis closed the connection");
            }
            in.flip();
            while (waiting > 0 && answer()) {
                waiting--;
                if (answered < micros.length) {
                    micros[(int) answered] = (System.nanoTime() - since) / 1_000;
                }
                answered++;
            }
            in.compact();
            return waiting == 0;
        }

        /** An array of one bulk string, which begins with the number 1 where everything was taken. */
        private boolean answer() throws IOException {
            int start = in.position();
            var array = line();
            var bulk = array == null ? null : line();
            if (bulk == null) {
                in.position(start);
                return false;
            }
            if (!array.equals("*1") || !bulk.startsWith("$")) {
                throw new IOException("Redis answered " + array + " " + bulk);
            }
            int length = Integer.parseInt(bulk.substring(1));
            if (in.remaining() < length + 2) {
                in.position(start);
                return false;
            }
            if (length < Double.BYTES || in.getDouble(in.position()) != 1) {
                throw new IOException("Redis did not take the reservation");
            }
            in.position(in.position() + length + 2);
            return true;
        }

        /** Without its end; null while it is not there. */
        private String line() {
            int end = in.position();
            while (end < in.limit() && in.get(end) != '\n') {
                end++;
            }
            if (end == in.limit()) {
                return null;
            }
            var line = new String(in.array(), in.position(), end - 1 - in.position(), StandardCharsets.ISO_8859_1);
            in.position(end + 1);
            return line;
        }
    }

    private void run(int port, int connections) throws IOException {
        try (var selector = Selector.open()) {
            var open = new ArrayList<Connection>();
            for (int i = 0; i < connections; i++) {
                var channel = SocketChannel.open(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
                channel.socket().setTcpNoDelay(true);
                channel.configureBlocking(false);
                var connection = new Connection(channel);
                channel.register(selector, SelectionKey.OP_READ, connection);
                open.add(connection);
            }
            long started = System.nanoTime();
            for (var connection : open) {
                connection.ask();
            }
            while (answered < requests) {
                selector.select(1_000);
                for (var key : selector.selectedKeys()) {
                    var connection = (Connection) key.attachment();
                    if (connection.out.hasRemaining()) {
                        connection.channel.write(connection.out);
                    }
                    if (connection.read()) {
                        connection.ask();
                    }
                }
                selector.selectedKeys().clear();
            }
            report(System.nanoTime() - started);
            for (var connection : open) {
                connection.channel.close();
            }
        }
    }

    private void report(long nanos) {
        int known = (int) Math.min(answered, micros.length);
        Arrays.sort(micros, 0, known);
        System.out.printf(
                "rate=%d p50_us=%d p99_us=%d%n",
                Math.round(answered * 1e9 / nanos), micros[known / 2], micros[(int) (known * 0.99)]);
    }

    /** The last call that names a reservation; a script's own commands follow it and are marked as such. */
    private static List<String> reserveCall(List<String> monitored) {
        List<String> found = null;
        for (var line : monitored) {
            var words = line.contains(" lua] ") ? List.<String>of() : words(line);
            if (words.size() > FIRST_KEY && words.get(0).equalsIgnoreCase("evalsha") && words.get(FIRST_KEY).contains(RESERVATION)) {
                found = words;
            }
        }
        if (found == null) {
            throw new IllegalStateException("No reservation among the monitored calls: was the admission served without Redis?");
        }
        var call = new ArrayList<>(found);
        var name = found.get(FIRST_KEY);
        call.set(FIRST_KEY, name.substring(0, name.indexOf(RESERVATION) + RESERVATION.length()) + "0".repeat(DIGITS));
        return call;
    }

    private static byte[] encoded(List<String> words) throws IOException {
        var bytes = new ByteArrayOutputStream();
        bytes.write(("*" + words.size() + "\r\n").getBytes(StandardCharsets.US_ASCII));
        for (var word : words) {
            var raw = word.getBytes(StandardCharsets.ISO_8859_1);
            bytes.write(("$" + raw.length + "\r\n").getBytes(StandardCharsets.US_ASCII));
            bytes.write(raw);
            bytes.write("\r\n".getBytes(StandardCharsets.US_ASCII));
        }
        return bytes.toByteArray();
    }

    /** The quoted words of a line of MONITOR, with its escapes undone. */
    private static List<String> words(String line) {
        var words = new ArrayList<String>();
        StringBuilder word = null;
        for (int i = 0; i < line.length(); i++) {
            char c = line.charAt(i);
            if (c == '"') {
                if (word != null) {
                    words.add(word.toString());
                }
                word = word == null ? new StringBuilder() : null;
            } else if (word != null && c == '\\') {
                char escaped = line.charAt(++i);
                if (escaped == 'x') {
                    word.append((char) Integer.parseInt(line.substring(i + 1, i + 3), 16));
                    i += 2;
                } else {
                    word.append(plain(escaped));
                }
            } else if (word != null) {
                word.append(c);
            }
        }
        return words;
    }

    private static char plain(char escaped) {
        return switch (escaped) {
            case 'n' -> '\n';
            case 'r' -> '\r';
            case 't' -> '\t';
            case 'a' -> '\u0007';
            case 'b' -> '\b';
            default -> escaped;
        };
    }
}
