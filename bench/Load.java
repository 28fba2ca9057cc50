import java.io.BufferedOutputStream;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.net.URI;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * An HTTP/1.1 load generator in one file: {@code java bench/Load.java --url http://127.0.0.1:8080/v1/noop --body '{"n": "{n}"}'}.
 *
 * <p>One thread and one selector serve all connections, because the generator shares its cores with what it measures. Answers are not parsed
 * beyond status line and Content-Length. Without {@code --rate} it is a closed loop: each connection sends, waits for the whole answer, and
 * sends again, so a slow answer delays the next request and the p99 understates what a fixed arrival rate would see. With {@code --rate N} it is
 * an open loop: N requests a second are due, evenly spaced, whatever becomes of those before them, and a latency is counted from the moment when
 * the request was due. One that found no free connection, or a generator that was late, has waited, and that counts.
 *
 * <p>{@code {n}} in the body becomes a number that is never used twice; with {@code --keys K} {@code {k}} becomes 1 … K in turn, each {@code
 * --times} times in a row. {@code --requests} ends it after so many, and sends no more than these. {@code --collect FILE} writes
 * the admission ids of the answers there, and with {@code --ids FILE} {@code {id}} in the path becomes these in turn, each once. Bodies are ASCII.
 *
 * <p>What comes in {@code --warm-up} seconds is not counted, nor are the first {@code --uncounted} answers: they warm up the generator as well, whose
 * compiler takes processor time of what it measures.
 *
 * <p>Loopback only, bounded in time and in number.
 */
public final class Load {

    private static final int MOST_CONNECTIONS = 5_000;
    private static final int MOST_SECONDS = 600;
    private static final long MOST_REQUESTS = 100_000_000;
    private static final int MOST_ERRORS_SHOWN = 1;
    private static final int MOST_BROKEN_CONNECTIONS = 1_000;
    private static final int ANSWER_BYTES = 64 * 1024;
    private static final int MOST_A_SECOND = 1_000_000;
    private static final long NAP_NANOS = 50_000;
    private static final String ID = "\"admission_id\":\"";

    private final InetSocketAddress target;
    private final String[] headParts; // around what differs in the path
    private final List<String> ids;
    private final PrintStream collected;
    private final String[] bodyParts;
    private final int keys;
    private final int times;
    private final String mustContain;
    private final long firstNumber;
    private final Latencies latencies = new Latencies();
    private final ArrayDeque<SelectionKey> idle = new ArrayDeque<>();
    private final long nanosBetween; // 0: closed loop
    private final long uncounted;

    private long most;
    private long dueNanos;
    private long sent;
    private long answered;
    private long errors;
    private int brokenConnections;

    private Load(InetSocketAddress target, String head, String body, Map<String, String> options) throws IOException {
        this.target = target;
        this.headParts = head.split("\\{id\\}", -1);
        this.ids = options.containsKey("ids") ? Files.readAllLines(Path.of(options.get("ids"))) : List.of();
        this.collected = options.containsKey("collect")
                ? new PrintStream(new BufferedOutputStream(new FileOutputStream(options.get("collect"))), false)
                : null;
        this.bodyParts = body.split("\\{n\\}", -1);
        this.keys = bounded(options, "keys", 1, MOST_A_SECOND);
        this.times = bounded(options, "times", 1, MOST_A_SECOND);
        this.mustContain = options.get("must-contain");
        // numbers differ from run to run, so that no request id is ever used twice
        this.firstNumber = System.currentTimeMillis() * 1_000_000L;
        this.uncounted = Long.parseLong(options.getOrDefault("uncounted", "0"));
        this.nanosBetween =
                options.containsKey("rate") ? TimeUnit.SECONDS.toNanos(1) / bounded(options, "rate", 0, MOST_A_SECOND) : 0;
    }

    public static void main(String[] args) throws IOException {
        var options = options(args);
        var url = URI.create(required(options, "url").replace("{id}", "%7Bid%7D"));
        var target = loopbackOnly(url);
        int connections = bounded(options, "connections", 50, MOST_CONNECTIONS);
        int seconds = bounded(options, "seconds", 5, MOST_SECONDS);
        long requests = Math.min(MOST_REQUESTS, Long.parseLong(options.getOrDefault("requests", "" + MOST_REQUESTS)));
        var body = options.containsKey("body-file")
                ? Files.readString(Path.of(options.get("body-file"))).strip()
                : options.getOrDefault("body", "{}");
        var load = new Load(
                target,
                head(url, options.get("authorization")),
                body,
                options);
        load.run(connections, "0".equals(options.get("warm-up")) ? 0 : bounded(options, "warm-up", 1, 60), seconds, requests);
        if (load.collected != null) {
            load.collected.close();
        }
        if (load.answered == 0) {
            System.exit(1);
        }
    }

    private void run(int connections, int warmUpSeconds, int seconds, long requests) throws IOException {
        most = ids.isEmpty() ? requests : Math.min(requests, ids.size());
        long start = System.nanoTime() + TimeUnit.SECONDS.toNanos(warmUpSeconds);
        boolean counting = warmUpSeconds == 0 && uncounted == 0;
        long before = 0;
        long end = start + TimeUnit.SECONDS.toNanos(seconds);
        try (var selector = Selector.open()) {
            for (int i = 0; i < connections; i++) {
                connect(selector);
            }
            dueNanos = System.nanoTime();
            while (System.nanoTime() < end && before + answered + errors < most) {
                select(selector);
                if (!counting && System.nanoTime() >= start && answered + errors >= uncounted) {
                    counting = true;
                    start = System.nanoTime();
                    before = answered + errors;
                    answered = 0;
                    errors = 0;
                    latencies.clear();
                }
                var ready = selector.selectedKeys().iterator();
                while (ready.hasNext()) {
                    var key = ready.next();
                    ready.remove();
                    serve(selector, key);
                }
                sendDue();
            }
            long took = System.nanoTime() - start;
            for (var key : selector.keys()) {
                key.channel().close();
            }
            report(took);
        }
    }

    /** A selector's own timeout is in milliseconds: too coarse for what is due many times in one. */
    private void select(Selector selector) throws IOException {
        if (nanosBetween == 0) {
            selector.select(100);
        } else if (selector.selectNow() == 0) {
            long ahead = idle.isEmpty() ? NAP_NANOS : Math.min(NAP_NANOS, dueNanos - System.nanoTime());
            LockSupport.parkNanos(Math.max(1, ahead));
        }
    }

    /** What is due and finds no free connection is sent as soon as there is one, and has been waiting since it was due. */
    private void sendDue() throws IOException {
        while (nanosBetween > 0 && sent < most && !idle.isEmpty() && dueNanos - System.nanoTime() <= 0) {
            var key = idle.poll();
            if (key.isValid()) {
                ((Connection) key.attachment()).send(key, dueNanos);
                dueNanos += nanosBetween;
            }
        }
    }

    private void next(SelectionKey key) throws IOException {
        if (sent >= most) {
            key.interestOps(SelectionKey.OP_READ);
        } else if (nanosBetween > 0) {
            idle.add(key);
            key.interestOps(SelectionKey.OP_READ);
        } else {
            ((Connection) key.attachment()).send(key, System.nanoTime());
        }
    }

    private void serve(Selector selector, SelectionKey key) throws IOException {
        var connection = (Connection) key.attachment();
        try {
            if (key.isConnectable()) {
                connection.channel.finishConnect();
                next(key);
            } else if (key.isWritable()) {
                connection.flush(key);
            } else if (connection.receive()) {
                next(key);
            }
        } catch (IOException broken) {
            fail(broken.toString());
            if (++brokenConnections > MOST_BROKEN_CONNECTIONS) {
                throw new IllegalStateException("the service keeps breaking connections");
            }
            key.cancel();
            connection.channel.close();
            connect(selector);
        }
    }

    private void connect(Selector selector) throws IOException {
        var channel = SocketChannel.open();
        channel.configureBlocking(false);
        channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
        boolean connected = channel.connect(target);
        var connection = new Connection(channel);
        var key = channel.register(selector, SelectionKey.OP_CONNECT, connection);
        if (connected) {
            next(key);
        }
    }

    private void fail(String why) {
        if (++errors <= MOST_ERRORS_SHOWN) {
            System.err.println("error: " + why);
        }
    }

    private void report(long tookNanos) {
        System.out.printf(
                Locale.ROOT,
                "rate=%.0f p50_us=%d p99_us=%d max_us=%d answered=%d errors=%d%n",
                answered * 1e9 / tookNanos,
                latencies.atMost(0.50),
                latencies.atMost(0.99),
                latencies.atMost(1.0),
                answered,
                errors);
    }

    /** One keep-alive connection: at most one request under way. */
    private final class Connection {

        private final SocketChannel channel;
        private final ByteBuffer in = ByteBuffer.allocate(ANSWER_BYTES);
        private ByteBuffer out;
        private long sentAtNanos;

        Connection(SocketChannel channel) {
            this.channel = channel;
        }

        void send(SelectionKey key, long sinceNanos) throws IOException {
            var text = String.join(Long.toString(firstNumber + sent), bodyParts);
            if (keys > 1) {
                text = text.replace("{k}", Long.toString(sent / times % keys + 1));
            }
            var head = ids.isEmpty() ? headParts[0] : headParts[0] + ids.get((int) sent) + headParts[1];
            sent++;
            out = StandardCharsets.UTF_8.encode(head + text.length() + "\r\n\r\n" + text);
            in.clear();
            sentAtNanos = sinceNanos;
            flush(key);
        }

        void flush(SelectionKey key) throws IOException {
            channel.write(out);
            key.interestOps(out.hasRemaining() ? SelectionKey.OP_WRITE : SelectionKey.OP_READ);
        }

        /** Whether the answer is complete. */
        boolean receive() throws IOException {
            if (channel.read(in) < 0) {
                throw new IOException("the service closed the connection");
            }
            int size = Answer.sizeOf(in);
            if (size < 0 || in.position() < size) {
                if (!in.hasRemaining()) {
                    throw new IOException("an answer of more than " + ANSWER_BYTES + " bytes");
                }
                return false;
            }
            judge();
            return true;
        }

        private void collect() {
            if (collected != null) {
                var text = Answer.text(in);
                int from = text.indexOf(ID) + ID.length();
                collected.println(text.substring(from, text.indexOf('"', from)));
            }
        }

        private void judge() {
            var text = mustContain == null && Answer.isOk(in) ? null : Answer.text(in);
            if (text == null || (Answer.isOk(in) && text.contains(mustContain == null ? "" : mustContain))) {
                answered++;
                latencies.add(System.nanoTime() - sentAtNanos);
                collect();
            } else {
                fail(text.lines().findFirst().orElse("") + " … " + text.substring(Math.max(0, text.length() - 200)));
            }
        }
    }

    /** As much of HTTP as an answer with a Content-Length needs. */
    private static final class Answer {

        private static final byte[] LENGTH = "content-length:".getBytes(StandardCharsets.US_ASCII);

        static boolean isOk(ByteBuffer in) {
            return in.position() > 12 && in.get(9) == '2' && in.get(10) == '0' && in.get(11) == '0';
        }

        static String text(ByteBuffer in) {
            return new String(in.array(), 0, in.position(), StandardCharsets.UTF_8);
        }

        /** Head and body together; -1 while the head is incomplete. */
        static int sizeOf(ByteBuffer in) throws IOException {
            int headEnd = endOfHead(in);
            return headEnd < 0 ? -1 : headEnd + contentLength(in, headEnd);
        }

        private static int endOfHead(ByteBuffer in) {
            for (int i = 3; i < in.position(); i++) {
                if (in.get(i) == '\n' && in.get(i - 1) == '\r' && in.get(i - 2) == '\n') {
                    return i + 1;
                }
            }
            return -1;
        }

        private static int contentLength(ByteBuffer in, int headEnd) throws IOException {
            for (int i = 1; i < headEnd - LENGTH.length; i++) {
                if (in.get(i - 1) == '\n' && startsWithLength(in, i)) {
                    return number(in, i + LENGTH.length);
                }
            }
            throw new IOException("an answer without Content-Length");
        }

        private static boolean startsWithLength(ByteBuffer in, int at) {
            for (int i = 0; i < LENGTH.length; i++) {
                int c = in.get(at + i);
                if ((c >= 'A' && c <= 'Z' ? c + 32 : c) != LENGTH[i]) {
                    return false;
                }
            }
            return true;
        }

        private static int number(ByteBuffer in, int at) {
            int value = 0;
            for (int i = at; in.get(i) != '\r'; i++) {
                if (in.get(i) != ' ') {
                    value = value * 10 + in.get(i) - '0';
                }
            }
            return value;
        }
    }

    /** Counts by microsecond up to 10 ms, by 100 µs up to 1 s, and everything slower together. */
    private static final class Latencies {

        private static final int FINE = 10_000;
        private static final int COARSE_MICROS = 100;

        private final long[] fine = new long[FINE];
        private final long[] coarse = new long[1_000_000 / COARSE_MICROS + 1];
        private long count;

        void clear() {
            Arrays.fill(fine, 0);
            Arrays.fill(coarse, 0);
            count = 0;
        }

        void add(long nanos) {
            long micros = nanos / 1_000;
            count++;
            if (micros < FINE) {
                fine[(int) micros]++;
            } else {
                coarse[(int) Math.min(coarse.length - 1, micros / COARSE_MICROS)]++;
            }
        }

        long atMost(double share) {
            long wanted = (long) Math.ceil(count * share);
            long seen = 0;
            for (int i = 0; i < fine.length; i++) {
                seen += fine[i];
                if (seen >= wanted) {
                    return i;
                }
            }
            for (int i = 0; i < coarse.length; i++) {
                seen += coarse[i];
                if (seen >= wanted) {
                    return (long) i * COARSE_MICROS;
                }
            }
            return -1;
        }
    }

    private static String head(URI url, String authorization) {
        return "POST " + url.getRawPath().replace("%7Bid%7D", "{id}") + " HTTP/1.1\r\nHost: " + url.getAuthority() + "\r\n"
                        + (authorization == null ? "" : "Authorization: " + authorization + "\r\n")
                        + "Content-Type: application/json\r\nAccept: application/json\r\nContent-Length: ";
    }

    private static InetSocketAddress loopbackOnly(URI url) throws IOException {
        var host = InetAddress.getByName(url.getHost());
        if (!"http".equals(url.getScheme()) || !host.isLoopbackAddress()) {
            throw new IllegalArgumentException("Only http:// to this very machine: this is no tool to burden others with.");
        }
        return new InetSocketAddress(host, url.getPort());
    }

    private static Map<String, String> options(String[] args) {
        var known = Set.of("url", "body", "body-file", "authorization", "must-contain", "connections", "warm-up", "seconds", "requests", "rate", "keys",
                "times", "collect", "ids", "uncounted");
        var options = new HashMap<String, String>();
        for (int i = 0; i < args.length; i += 2) {
            var name = args[i].replaceFirst("^--", "");
            if (!known.contains(name) || i + 1 == args.length) {
                throw new IllegalArgumentException("Usage: java bench/Load.java --url URL [--" + String.join(" …] [--", known) + " …]");
            }
            options.put(name, args[i + 1]);
        }
        return options;
    }

    private static String required(Map<String, String> options, String name) {
        if (!options.containsKey(name)) {
            throw new IllegalArgumentException("--" + name + " is missing");
        }
        return options.get(name);
    }

    private static int bounded(Map<String, String> options, String name, int usual, int most) {
        int value = Integer.parseInt(options.getOrDefault(name, String.valueOf(usual)));
        if (value < 1 || value > most) {
            throw new IllegalArgumentException("--" + name + " must be from 1 to " + most);
        }
        return value;
    }
}
