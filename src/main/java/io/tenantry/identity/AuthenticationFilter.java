package io.tenantry.identity;

import io.smallrye.mutiny.Uni;
import io.tenantry.core.Caller;
import io.tenantry.core.Problem;
import io.tenantry.core.ProblemCode;
import io.vertx.ext.web.RoutingContext;
import jakarta.ws.rs.container.ContainerRequestContext;
import jakarta.ws.rs.core.Response;
import org.jboss.resteasy.reactive.server.ServerRequestFilter;

/**
 * Authenticates every call of the management API before its body is read. The admission API has its own, cached way in ({@link
 * GatewayGate}). Paths are compared as routes are chosen by them: without dots and doubled slashes, and no further decoded.
 */
public class AuthenticationFilter {

    private final Authenticator authenticator;
    private final CurrentCaller current;

    AuthenticationFilter(Authenticator authenticator, CurrentCaller current) {
        this.authenticator = authenticator;
        this.current = current;
    }

    @ServerRequestFilter
    public Uni<Response> authenticate(ContainerRequestContext context, RoutingContext exchange) {
        var path = exchange.normalizedPath();
        if (isForProxies(path)) {
            return Uni.createFrom().nullItem();
        }
        return Uni.createFrom()
                .deferred(() -> authenticator.authenticate(exchange.request().headers()))
                .invoke(caller -> requireRoute(caller, path))
                .invoke(caller -> current.set(caller, context.getHeaderString("litellm-changed-by")))
                .replaceWith(Uni.createFrom().nullItem());
    }

    private static boolean isForProxies(String path) {
        return path.startsWith("/v1/admissions") || path.equals("/v1/usage") || path.startsWith("/v1/noop");
    }

    private static void requireRoute(Caller caller, String path) {
        if (!AllowedRoutes.permit(caller.allowedRoutes(), path)) {
            throw Problem.of(ProblemCode.ROUTE_NOT_ALLOWED)
                    .detail("This key is not allowed to call this route: %s. Its allowed_routes do not cover it", path);
        }
    }
}
