import java.io.IOException;
import java.net.InetAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * How long reads take, one after the other on one connection: {@code java bench/Reads.java BASE_URL READS_FILE TIMES}. Each line of the file is a
 * name, whose credential, and a path, with tabs between them; credentials are {@code BENCH_SECRET_…} in the environment. Prints a line for each:
 * name, p50 and p95 in microseconds, bytes of the answer, and the median of the first read of each round in microseconds, with tabs between them. The
 * first of a round has its total counted anew. An answer other than 200 ends it.
 *
 * <p>Reads are measured in turn, round after round, so that a busy second hits all of them alike. Loopback only.
 */
public final class Reads {

    private static final int WARM_UPS = 20;

    /** A read that takes longer than this altogether is measured fewer times. */
    private static final long MOST_NANOS_EACH = TimeUnit.SECONDS.toNanos(10);

    private static final int ROUNDS = 5;

    private final HttpClient client = HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .connectTimeout(Duration.ofSeconds(5))
            .build();
    private final Map<String, String> environment = System.getenv();

    private static final class Read {

        private final String name;
        private final HttpRequest request;
        private final List<Long> nanos = new ArrayList<>();
        private final List<Long> firsts = new ArrayList<>();
        private long spent;
        private int bytes;

        Read(String name, HttpRequest request) {
            this.name = name;
            this.request = request;
        }

        long micros(double share) {
            return micros(nanos, share);
        }

        long firstMicros() {
            return micros(firsts, 0.5);
        }

        private static long micros(List<Long> nanos, double share) {
            var sorted = nanos.stream().mapToLong(Long::longValue).toArray();
            Arrays.sort(sorted);
            return sorted[(int) Math.ceil(sorted.length * share) - 1] / 1_000;
        }
    }

    public static void main(String[] args) throws IOException, InterruptedException {
        if (args.length != 3 || !InetAddress.getByName(URI.create(args[0]).getHost()).isLoopbackAddress()) {
            throw new IllegalArgumentException("Usage: java bench/Reads.java http://127.0.0.1:PORT READS_FILE TIMES");
        }
        var bench = new Reads();
        var reads = Files.readAllLines(Path.of(args[1])).stream()
                .map(line -> bench.read(args[0], line.split("\t")))
                .toList();
        bench.measure(reads, Math.max(ROUNDS, Integer.parseInt(args[2])));
        for (var read : reads) {
            System.out.printf(
                    Locale.ROOT,
                    "%s\t%d\t%d\t%d\t%d%n",
                    read.name,
                    read.micros(0.5),
                    read.micros(0.95),
                    read.bytes,
                    read.firstMicros());
        }
    }

    private Read read(String base, String[] columns) {
        var request = HttpRequest.newBuilder(URI.create(base + columns[2]))
                .header("Authorization", "Bearer " + environment.get("BENCH_SECRET_" + columns[1]))
                .timeout(Duration.ofSeconds(60))
                .build();
        return new Read(columns[0], request);
    }

    private void measure(List<Read> reads, int times) throws IOException, InterruptedException {
        for (var read : reads) {
            for (int i = 0; i < WARM_UPS && read.spent < MOST_NANOS_EACH / ROUNDS; i++) {
                read.spent += once(read);
            }
            read.spent = 0;
        }
        for (int round = 1; round <= ROUNDS; round++) {
            for (var read : reads) {
                for (int i = 0; i < times / ROUNDS && read.spent < MOST_NANOS_EACH / ROUNDS * round; i++) {
                    long took = once(read);
                    read.spent += took;
                    read.nanos.add(took);
                    if (i == 0) {
                        read.firsts.add(took);
                    }
                }
            }
        }
    }

    private long once(Read read) throws IOException, InterruptedException {
        long start = System.nanoTime();
        var answer = client.send(read.request, BodyHandlers.ofByteArray());
        long took = System.nanoTime() - start;
        if (answer.statusCode() != 200) {
            throw new IllegalStateException(read.name + " answered " + answer.statusCode() + ": " + new String(answer.body()));
        }
        read.bytes = answer.body().length;
        return took;
    }
}
