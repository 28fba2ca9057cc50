package io.tenantry.testing;

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

    /** As the master key. */
    public static HttpResponse<String> longWay(String path, String body) {
        return longWay(path, "Bearer " + Api.MASTER_KEY, body);
    }

    public static HttpResponse<String> shortWay(String path, String authorization, String body) {
        return send(path, authorization, BodyPublishers.ofString(body));
    }

    public static HttpResponse<String> longWay(String path, String authorization, String body) {
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
