package io.tenantry.platform.http;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.tenantry.core.SecretHash;
import jakarta.ws.rs.HttpMethod;
import jakarta.ws.rs.container.ContainerRequestContext;
import jakarta.ws.rs.container.ContainerResponseContext;
import jakarta.ws.rs.core.HttpHeaders;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Base64;
import org.jboss.resteasy.reactive.server.ServerResponseFilter;

/**
 * Lets clients keep what they read: every read of the management API has an {@code ETag}, and one that brings it back in {@code If-None-Match} gets
 * 304 without a body. The tag is a hash of the body, so it is right whatever the body is made of; it saves the transfer, not the query.
 */
public class EntityTags {

    /** A cache must ask each time: what is shown depends on the caller and may change at any time. */
    private static final String PRIVATE = "private, no-cache";

    private static final int OK = 200;
    private static final int NOT_MODIFIED = 304;
    /** Half of a SHA-256 is plenty to tell the versions of one document apart. */
    private static final int TAG_BYTES = 16;

    private final ObjectMapper json;

    EntityTags(ObjectMapper json) {
        this.json = json;
    }

    @ServerResponseFilter
    public void tag(ContainerRequestContext request, ContainerResponseContext response) throws JsonProcessingException {
        if (!HttpMethod.GET.equals(request.getMethod())
                || response.getStatus() != OK
                || !isJson(response)
                || !ManagementPaths.cover(request.getUriInfo().getPath())) {
            return;
        }
        var entity = response.getEntity();
        // as bytes at once: a long list would be walked through twice more as a text
        var body =
                entity instanceof String text ? text.getBytes(StandardCharsets.UTF_8) : json.writeValueAsBytes(entity);
        var tag = tagOf(body);
        response.getHeaders().putSingle(HttpHeaders.ETAG, tag);
        response.getHeaders().putSingle(HttpHeaders.CACHE_CONTROL, PRIVATE);
        if (matches(request.getHeaderString(HttpHeaders.IF_NONE_MATCH), tag)) {
            response.setStatus(NOT_MODIFIED);
            response.setEntity(null);
        } else {
            response.setEntity(body);
        }
    }

    private static boolean isJson(ContainerResponseContext response) {
        return response.hasEntity()
                && (response.getEntity() instanceof String
                        || response.getMediaType() == null
                        || response.getMediaType().getSubtype().endsWith("json"));
    }

    private static String tagOf(byte[] body) {
        var hash = Arrays.copyOf(SecretHash.sha256(body), TAG_BYTES);
        return '"' + Base64.getUrlEncoder().withoutPadding().encodeToString(hash) + '"';
    }

    /** A weak tag is as good here: a proxy that compresses makes one of ours. */
    private static boolean matches(String wanted, String tag) {
        return wanted != null
                && Arrays.stream(wanted.split(","))
                        .map(String::strip)
                        .map(one -> one.startsWith("W/") ? one.substring(2) : one)
                        .anyMatch(one -> one.equals("*") || one.equals(tag));
    }
}
