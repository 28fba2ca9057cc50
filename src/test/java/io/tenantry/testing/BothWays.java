package io.tenantry.testing;

import static org.assertj.core.api.Assertions.assertThat;

import io.restassured.RestAssured;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublisher;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;

/** Sends the usual call, which takes the short way, and the same in chunks, which goes to the resource. */
public final class BothWays {

    private static final HttpClient CLIENT = HttpClient.newHttpClient();

    private BothWays() {}

    /** As the master key. */
    public static HttpResponse<String> shortWay(String path, String body) {
        return shortWay(path, "Bearer " + Api.MASTER_KEY, body);
    }

    /** What is answered on both ways: the same status and body, and of what succeeds the same type. As the master key. */
    public static HttpResponse<String> alike(String path, String body) {
        return alike(path, "Bearer " + Api.MASTER_KEY, body);
    }

    /** What is answered on both ways: the same status and body, and of what succeeds the same type. */
    public static HttpResponse<String> alike(String path, String authorization, String body) {
        var first = shortWay(path, authorization, body);
        var second = longWay(path, authorization, body);
        var call = "%s with %s as %s".formatted(path, body, authorization);
        assertThat(first.statusCode()).as(call).isEqualTo(second.statusCode());
        if (first.statusCode() == 200) {
            assertThat(first.headers().firstValue("content-type"))
                    .as(call)
                    .isEqualTo(second.headers().firstValue("content-type"));
        }
        assertThat(first.headers().firstValue("retry-after"))
                .as(call)
                .isEqualTo(second.headers().firstValue("retry-after"));
        assertThat(first.body()).as(call).isEqualTo(second.body());
        return first;
    }

    private static HttpResponse<String> shortWay(String path, String authorization, String body) {
        return send(path, authorization, BodyPublishers.ofString(body));
    }

    private static HttpResponse<String> longWay(String path, String authorization, String body) {
        var bytes = body.getBytes(StandardCharsets.UTF_8);
        return send(path, authorization, BodyPublishers.ofInputStream(() -> new ByteArrayInputStream(bytes)));
    }

    private static HttpResponse<String> send(String path, String authorization, BodyPublisher body) {
        var request = HttpRequest.newBuilder(URI.create(RestAssured.baseURI + ":" + RestAssured.port + path))
                .header("Content-Type", "application/json")
                .header("Authorization", authorization)
                .POST(body)
                .build();
        try {
            return CLIENT.send(request, BodyHandlers.ofString());
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(interrupted);
        }
    }
}
