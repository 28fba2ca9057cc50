package io.tenantry.platform.http;

import static org.assertj.core.api.Assertions.assertThat;

import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.common.http.TestHTTPResource;
import io.quarkus.test.junit.QuarkusTest;
import io.tenantry.testing.Api;
import io.tenantry.testing.StoresResource;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Over plain sockets: a client library would hide what is on the wire. */
@QuarkusTest
@QuarkusTestResource(StoresResource.class)
class BodyLimitTest {

    private static final int LIMIT = 1024 * 1024;
    private static final int CHUNK = 16 * 1024;

    @TestHTTPResource("/")
    URI service;

    @ParameterizedTest
    @ValueSource(strings = {"/test/samples", "/nothing", "/v1/admissions"})
    void a_body_announced_as_too_large_is_413_before_it_is_sent(String path) throws IOException {
        var answer =
                exchange(head(path) + "Content-Length: " + (LIMIT + 1) + "\r\n\r\n", InputStream.nullInputStream());

        assertThat(answer)
                .startsWith("HTTP/1.1 413 ")
                .contains("\"code\":\"413\"")
                .contains("application/json");
    }

    @Test
    void a_body_that_turns_out_too_large_is_413() throws IOException {
        var answer = exchange(head("/test/samples") + "Transfer-Encoding: chunked\r\n\r\n", chunks(3 * LIMIT));

        assertThat(answer).startsWith("HTTP/1.1 413 ");
    }

    @Test
    void a_body_in_chunks_below_the_limit_is_read() throws IOException {
        var answer = exchange(head("/test/samples") + "Transfer-Encoding: chunked\r\n\r\n", chunks(LIMIT / 2));

        assertThat(answer).startsWith("HTTP/1.1 200 ");
    }

    @Test
    void a_length_that_is_no_number_does_not_break_us() throws IOException {
        var answer = exchange(
                head("/test/samples") + "Content-Length: 99999999999999999999\r\n\r\n", InputStream.nullInputStream());

        assertThat(answer).startsWith("HTTP/1.1 4");
    }

    private static String head(String path) {
        return "POST " + path
                + " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Type: application/json\r\n"
                + "Authorization: Bearer " + Api.MASTER_KEY + "\r\n";
    }

    private static InputStream chunks(int bytes) {
        var body = new StringBuilder();
        chunk(body, "{\"team_alias\": \"");
        for (int sent = 0; sent < bytes; sent += CHUNK) {
            chunk(body, "x".repeat(CHUNK));
        }
        chunk(body, "\"}");
        return new ByteArrayInputStream(body.append("0\r\n\r\n").toString().getBytes(StandardCharsets.US_ASCII));
    }

    private static void chunk(StringBuilder body, String text) {
        body.append(Integer.toHexString(text.length()))
                .append("\r\n")
                .append(text)
                .append("\r\n");
    }

    private String exchange(String head, InputStream body) throws IOException {
        try (var socket = new Socket(service.getHost(), service.getPort())) {
            socket.setSoTimeout(10_000);
            socket.getOutputStream().write(head.getBytes(StandardCharsets.US_ASCII));
            try {
                body.transferTo(socket.getOutputStream());
            } catch (IOException closed) {
                // the service need not read all of what it refuses
            }
            return firstBytes(socket.getInputStream());
        }
    }

    private static String firstBytes(InputStream in) throws IOException {
        var text = new StringBuilder();
        var buffer = new byte[8_192];
        try {
            for (int n = in.read(buffer); n >= 0 && text.length() < 4_096; n = in.read(buffer)) {
                text.append(new String(buffer, 0, n, StandardCharsets.UTF_8));
            }
        } catch (IOException reset) {
            if (text.isEmpty()) {
                throw reset;
            }
        }
        return text.toString();
    }
}
