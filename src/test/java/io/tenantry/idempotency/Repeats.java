package io.tenantry.idempotency;

import static io.restassured.RestAssured.given;

import io.restassured.RestAssured;
import io.restassured.http.ContentType;
import io.restassured.response.Response;
import io.tenantry.testing.Api;
import java.io.IOException;
import java.net.Socket;
import java.nio.charset.StandardCharsets;

/** Calls that carry an {@code Idempotency-Key}. */
final class Repeats {

    private Repeats() {}

    static Response post(String path, Object body, String idempotencyKey) {
        return postAs(Api.MASTER_KEY, path, body, idempotencyKey);
    }

    static Response postAs(String credential, String path, Object body, String idempotencyKey) {
        return given().contentType(ContentType.JSON)
                .accept(ContentType.JSON)
                .header("Authorization", "Bearer " + credential)
                .header("Idempotency-Key", idempotencyKey)
                .body(body)
                .post(path);
    }

    /** Sends the request and hangs up after a while without reading the answer. */
    static void postAndHangUp(String path, String json, String idempotencyKey, long afterMillis)
            throws IOException, InterruptedException {
        var body = json.getBytes(StandardCharsets.UTF_8);
        var head = "POST " + path
                + " HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nAuthorization: Bearer "
                + Api.MASTER_KEY + "\r\nIdempotency-Key: " + idempotencyKey + "\r\nContent-Length: " + body.length
                + "\r\n\r\n";
        try (var socket = new Socket("127.0.0.1", RestAssured.port)) {
            socket.getOutputStream().write(head.getBytes(StandardCharsets.UTF_8));
            socket.getOutputStream().write(body);
            socket.getOutputStream().flush();
            Thread.sleep(afterMillis);
        }
    }
}
