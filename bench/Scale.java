import java.io.IOException;
import java.net.InetAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.Arrays;
import java.util.Locale;
import java.util.Random;

/**
 * Latency of one decision at a time, at services that know few and many keys: {@code java bench/Scale.java ROUNDS WARM URL KEYS [URL KEYS …]}. The keys are
 * those of {@code Keys.java}; the master key comes from the environment, where no process list shows it.
 *
 * <p>In each round each service in turn: {@value #TOUCHED} keys, drawn from all, make one request each and are then in memory; WARM requests of
 * these keys; their organization changes; one request of each, which finds its policy outdated and reads it again. The first
 * {@value #UNCOUNTED} rounds are not counted. Prints a line for each service and kind, times in microseconds.
 */
public final class Scale {

    private static final int TOUCHED = 100;
    private static final int UNCOUNTED = 5;
    private static final int MOST_ROUNDS = 1_000;

    private final HttpClient http = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    private final String master = System.getenv("TENANTRY_MASTER_KEY");
    private final Random random = new Random(7);
    private long number = System.currentTimeMillis() * 1_000_000L;

    private static final class Times {
        private final long[] nanos;
        private int count;

        Times(int most) {
            nanos = new long[most];
        }

        void add(long took) {
            nanos[count++] = took;
        }

        String figures() {
            Arrays.sort(nanos, 0, count);
            return String.format(
                    Locale.ROOT, "p50_us=%d p90_us=%d p99_us=%d requests=%d", at(0.50), at(0.90), at(0.99), count);
        }

        private long at(double share) {
            return nanos[(int) Math.min(count - 1, Math.floor(count * share))] / 1_000;
        }
    }

    public static void main(String[] args) throws IOException, InterruptedException {
        int rounds = Math.min(MOST_ROUNDS, Integer.parseInt(args[0]));
        int warm = Integer.parseInt(args[1]);
        int services = (args.length - 2) / 2;
        var warmTimes = new Times[services];
        var coldTimes = new Times[services];
        for (int i = 0; i < services; i++) {
            warmTimes[i] = new Times(rounds * warm);
            coldTimes[i] = new Times(rounds * TOUCHED);
        }
        var scale = new Scale();
        for (int round = -UNCOUNTED; round < rounds; round++) {
            for (int i = 0; i < services; i++) {
                boolean counted = round >= 0;
                scale.round(
                        loopback(args[2 + 2 * i]),
                        Integer.parseInt(args[3 + 2 * i]),
                        warm,
                        counted ? warmTimes[i] : new Times(warm),
                        counted ? coldTimes[i] : new Times(TOUCHED));
            }
        }
        for (int i = 0; i < services; i++) {
            System.out.printf("keys=%s kind=warm %s%n", args[3 + 2 * i], warmTimes[i].figures());
            System.out.printf("keys=%s kind=cold %s%n", args[3 + 2 * i], coldTimes[i].figures());
        }
    }

    private void round(URI service, int keys, int warm, Times warmTimes, Times coldTimes)
            throws IOException, InterruptedException {
        var touched = random.ints(TOUCHED, 1, keys + 1).distinct().toArray();
        for (int key : touched) {
            admit(service, key);
        }
        for (int i = 0; i < warm; i++) {
            warmTimes.add(admit(service, touched[i % touched.length]));
        }
        change(service);
        for (int key : touched) {
            coldTimes.add(admit(service, key));
        }
    }

    private long admit(URI service, int key) throws IOException, InterruptedException {
        var request = to(service.resolve("/v1/admissions"))
                .POST(BodyPublishers.ofString("{\"request_id\": \"scale-" + number++ + "\", \"api_key\": \"sk-bench-" + key
                        + "\", \"model\": \"gpt-4o\", \"input_tokens\": 900, \"max_output_tokens\": 600}"))
                .build();
        long start = System.nanoTime();
        var answer = http.send(request, BodyHandlers.ofString());
        long took = System.nanoTime() - start;
        require(answer, "\"admitted\":true");
        return took;
    }

    private void change(URI service) throws IOException, InterruptedException {
        var request = to(service.resolve("/organization/update"))
                .method("PATCH", BodyPublishers.ofString(
                        "{\"organization_id\": \"bench-org\", \"metadata\": {\"change\": \"" + number++ + "\"}}"))
                .build();
        require(http.send(request, BodyHandlers.ofString()), "bench-org");
    }

    private HttpRequest.Builder to(URI target) {
        return HttpRequest.newBuilder(target)
                .timeout(Duration.ofSeconds(10))
                .header("Authorization", "Bearer " + master)
                .header("Content-Type", "application/json");
    }

    private static void require(HttpResponse<String> answer, String content) throws IOException {
        if (answer.statusCode() != 200 || !answer.body().contains(content)) {
            throw new IOException("answered " + answer.statusCode() + ": " + answer.body());
        }
    }

    private static URI loopback(String url) throws IOException {
        var uri = URI.create(url);
        if (!InetAddress.getByName(uri.getHost()).isLoopbackAddress()) {
            throw new IllegalArgumentException("Only this very machine.");
        }
        return uri;
    }
}
