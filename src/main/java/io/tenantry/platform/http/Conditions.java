package io.tenantry.platform.http;

import io.tenantry.core.Problem;
import io.tenantry.core.ProblemCode;
import jakarta.ws.rs.Priorities;
import jakarta.ws.rs.container.ContainerRequestContext;
import jakarta.ws.rs.core.HttpHeaders;
import java.util.Set;
import org.jboss.resteasy.reactive.server.ServerRequestFilter;

/**
 * Refuses changes that are only to be made if nothing has changed. A tag belongs to what was read and to who read it, and changes are posted to other paths: no
 * tag can match there. Making the change all the same would look like a protection that is none. Two changes of different fields both survive anyway.
 */
public class Conditions {

    private static final Set<String> CHANGING = Set.of("POST", "PUT", "PATCH", "DELETE");
    private static final String ANY = "*";

    /** After the caller is known, before an answer is kept for repetitions. */
    @ServerRequestFilter(priority = Priorities.USER + 50)
    public void refuse(ContainerRequestContext request) {
        if (!CHANGING.contains(request.getMethod())
                || !ManagementPaths.cover(request.getUriInfo().getPath())) {
            return;
        }
        var tags = request.getHeaderString(HttpHeaders.IF_MATCH);
        if (tags != null && !tags.strip().equals(ANY)) {
            throw refused(HttpHeaders.IF_MATCH);
        }
        if (request.getHeaderString(HttpHeaders.IF_UNMODIFIED_SINCE) != null) {
            throw refused(HttpHeaders.IF_UNMODIFIED_SINCE);
        }
    }

    private static Problem refused(String header) {
        return Problem.of(ProblemCode.PRECONDITION_FAILED)
                .param(header)
                .detail(
                        "%s is not supported for changes, so nothing was changed: leave it out, send only the fields that are to change, and compare updated_at",
                        header);
    }
}
