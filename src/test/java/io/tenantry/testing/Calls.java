package io.tenantry.testing;

import io.restassured.path.json.JsonPath;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;

/** Many calls at once to one instance, as proxies make them: with the master key, and JSON in and out. */
public final class Calls {

    private static final HttpClient CLIENT = HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .connectTimeout(Duration.ofSeconds(5))
            .build();

    private final String base;

    private Calls(String base) {
        this.base = base;
    }

    public static Calls to(int port) {
        return new Calls("http://127.0.0.1:" + port);
    }

    /** An answer: its status and body. */
    public record Answer(int status, String text) {

        public JsonPath json() {
            return JsonPath.from(text);
        }

        public boolean admitted() {
            return status == 200 && json().getBoolean("admitted");
        }
    }

    public CompletableFuture<Answer> postAsync(String path, String body) {
        return CLIENT.sendAsync(
                        request(path).POST(BodyPublishers.ofString(body)).build(), BodyHandlers.ofString())
                .thenApply(Calls::answer);
    }

    public CompletableFuture<Answer> deleteAsync(String path) {
        return CLIENT.sendAsync(request(path).DELETE().build(), BodyHandlers.ofString())
                .thenApply(Calls::answer);
    }

    public Answer post(String path, String body) {
        return send(request(path).POST(BodyPublishers.ofString(body)).build());
    }

    public Answer get(String path) {
        return send(request(path).GET().build());
    }

    /** Sends the bodies at the same time and waits for all answers, in the order of the bodies. */
    public List<Answer> postAll(String path, Stream<String> bodies) {
        var running = bodies.map(body -> postAsync(path, body)).toList();
        return running.stream().map(CompletableFuture::join).toList();
    }

    /** Reads the same so many times at once, and waits for all answers. */
    public List<Answer> getAll(String path, int times) {
        var request = request(path).GET().build();
        var running = Stream.generate(() -> CLIENT.sendAsync(request, BodyHandlers.ofString()))
                .limit(times)
                .toList();
        return running.stream().map(CompletableFuture::join).map(Calls::answer).toList();
    }

    private HttpRequest.Builder request(String path) {
        return HttpRequest.newBuilder(URI.create(base + path))
                .timeout(Duration.ofSeconds(60))
                .header("Authorization", "Bearer " + Api.MASTER_KEY)
                .header("Content-Type", "application/json");
    }

    private static Answer send(HttpRequest request) {
        try {
            return answer(CLIENT.send(request, BodyHandlers.ofString()));
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(interrupted);
        }
    }

    private static Answer answer(HttpResponse<String> response) {
        return new Answer(response.statusCode(), response.body());
    }
}
