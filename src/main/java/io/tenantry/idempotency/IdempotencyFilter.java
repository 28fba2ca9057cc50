package io.tenantry.idempotency;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.quarkus.vertx.http.runtime.CurrentVertxRequest;
import io.smallrye.mutiny.Uni;
import io.tenantry.core.Problem;
import io.tenantry.core.ProblemCode;
import io.tenantry.idempotency.RepeatableCall.Answer;
import io.tenantry.identity.CurrentCaller;
import io.tenantry.identity.MasterKey;
import io.tenantry.platform.change.Changes;
import io.tenantry.platform.change.HeldTransactions;
import io.tenantry.platform.http.ErrorBody;
import io.tenantry.platform.http.ManagementPaths;
import io.tenantry.platform.http.StoreFailures;
import io.vertx.core.Context;
import jakarta.ws.rs.Priorities;
import jakarta.ws.rs.container.ContainerRequestContext;
import jakarta.ws.rs.container.ContainerResponseContext;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Set;
import java.util.regex.Pattern;
import org.jboss.logging.Logger;
import org.jboss.resteasy.reactive.server.ServerRequestFilter;
import org.jboss.resteasy.reactive.server.ServerResponseFilter;

/**
 * Makes changes safe to repeat: the answer of a call with an {@code Idempotency-Key} commits with its change, and a repetition gets that
 * answer. Works for every management route without its doing. See docs/decisions/0009.
 */
public class IdempotencyFilter {

    static final String HEADER = "Idempotency-Key";
    private static final String REPLAYED = "Idempotent-Replayed";
    private static final String CALL = "io.tenantry.idempotency.call";
    private static final Set<String> CHANGING = Set.of("POST", "PUT", "PATCH", "DELETE");
    private static final Pattern WELL_FORMED = Pattern.compile("[\\x21-\\x7e]{1,255}");
    private static final byte[] NOTHING = {};
    private static final Logger LOG = Logger.getLogger(IdempotencyFilter.class);

    private final CurrentCaller caller;
    private final CurrentVertxRequest exchange;
    private final HeldTransactions transactions;
    private final FirstAnswers answers;
    private final Claims claims;
    private final Changes changes;
    private final ObjectMapper json;
    private final byte[] pepper;

    IdempotencyFilter(
            CurrentCaller caller,
            CurrentVertxRequest exchange,
            HeldTransactions transactions,
            FirstAnswers answers,
            Claims claims,
            Changes changes,
            ObjectMapper json,
            MasterKey masterKey) {
        this.caller = caller;
        this.exchange = exchange;
        this.transactions = transactions;
        this.answers = answers;
        this.claims = claims;
        this.changes = changes;
        this.json = json;
        this.pepper = masterKey.derive("idempotency");
    }

    /** After authentication: an answer is given again only to the caller who got it first. */
    @ServerRequestFilter(priority = Priorities.USER + 100, readBody = true)
    public Uni<Response> begin(ContainerRequestContext request) {
        var key = request.getHeaderString(HEADER);
        if (key == null
                || !CHANGING.contains(request.getMethod())
                || !ManagementPaths.cover(request.getUriInfo().getPath())) {
            return Uni.createFrom().nullItem();
        }
        requireOneAnswer(request);
        var call = call(request, key);
        return answers.find(call.identity).map(found -> {
            if (found != null) {
                call.repeats(found);
                return response(call);
            }
            hold(request, call);
            return null;
        });
    }

    private RepeatableCall call(ContainerRequestContext request, String key) {
        if (!WELL_FORMED.matcher(key).matches()) {
            throw Problem.of(ProblemCode.INVALID_VALUE)
                    .param(HEADER)
                    .detail("Idempotency-Key must be 1 to 255 visible ASCII characters; a random UUID is a good one");
        }
        var identity = CallIdentity.of(pepper, caller.get(), key);
        var uri = request.getUriInfo().getRequestUri();
        var query = uri.getRawQuery() == null ? "" : "?" + uri.getRawQuery();
        return new RepeatableCall(
                identity, identity.fingerprint(request.getMethod(), uri.getRawPath() + query, body(request)));
    }

    /** A stream tells of each step as it commits: there is no one answer that could commit with it. */
    private static void requireOneAnswer(ContainerRequestContext request) {
        var accepted = request.getHeaderString("Accept");
        if (accepted != null && (accepted.contains("ndjson") || accepted.contains("event-stream"))) {
            throw Problem.of(ProblemCode.INVALID_VALUE)
                    .param(HEADER)
                    .detail(
                            "An answer that is told line by line cannot be given again: accept application/json, or leave Idempotency-Key out");
        }
    }

    private static byte[] body(ContainerRequestContext request) {
        var sent = request.getEntityStream();
        if (Context.isOnEventLoopThread() && !(sent instanceof ByteArrayInputStream)) {
            return NOTHING; // a route that takes no body: nobody has read one, and nobody will
        }
        try {
            var body = sent.readAllBytes();
            request.setEntityStream(new ByteArrayInputStream(body));
            return body;
        } catch (IOException impossible) { // it is in memory, or arrives on this worker thread
            throw new UncheckedIOException(impossible);
        }
    }

    private void hold(ContainerRequestContext request, RepeatableCall call) {
        call.hold(claims.transactionFor(call));
        transactions.hold(call.held());
        request.setProperty(CALL, call);
        // whatever becomes of the exchange, the transaction does not outlive it
        exchange.getCurrent()
                .addEndHandler(ended -> call.held().abandon().subscribe().with(done -> {}));
        if (exchange.getCurrent()
                .response()
                .closed()) { // while we looked for a first answer: nothing tells us any more
            call.held().abandon().subscribe().with(done -> {});
        }
    }

    /** Commits the change with its answer, or takes it back with a refusal. */
    @ServerResponseFilter
    public Uni<Void> end(ContainerRequestContext request, ContainerResponseContext response) {
        if (!(request.getProperty(CALL) instanceof RepeatableCall call)) {
            return Uni.createFrom().voidItem();
        }
        if (call.isDecided()) {
            return call.held().abandon().invoke(() -> put(response, call));
        }
        if (response.getStatus() >= 400) {
            return call.held().abandon().chain(() -> unlessOvertaken(response, call));
        }
        if (call.held().isOpen()) {
            return commit(response, call);
        }
        transactions.hold(null); // whatever is changed after the answer has its own transactions
        return Uni.createFrom().voidItem();
    }

    private Uni<Void> commit(ContainerResponseContext response, RepeatableCall call) {
        var text = text(response.getEntity());
        var type = response.getMediaType() == null
                ? MediaType.APPLICATION_JSON
                : response.getMediaType().toString();
        var answer =
                new Answer(call.fingerprint, response.getStatus(), type, call.identity.seal(text, call.fingerprint));
        return changes.commit(call.held(), () -> answers.record(call.identity, answer))
                .invoke(() -> response.setEntity(text))
                .invoke(answers::clearSome)
                .onFailure()
                .recoverWithUni(failure -> failed(response, failure));
    }

    /** A check before the transaction may have met what the first call did in the meantime. */
    private Uni<Void> unlessOvertaken(ContainerResponseContext response, RepeatableCall call) {
        return answers.find(call.identity)
                .invoke(found -> {
                    if (found != null) {
                        call.repeats(found);
                        put(response, call);
                    }
                })
                .onFailure()
                .recoverWithNull()
                .replaceWithVoid();
    }

    private static Uni<Void> failed(ContainerResponseContext response, Throwable failure) {
        var problem = StoreFailures.problemFor(failure).orElseGet(() -> {
            LOG.error("A change could not be committed", failure);
            return Problem.of(ProblemCode.INTERNAL);
        });
        put(response, problem);
        return Uni.createFrom().voidItem();
    }

    private static void put(ContainerResponseContext response, RepeatableCall call) {
        if (call.refusal() != null) {
            put(response, call.refusal());
            return;
        }
        var first = call.first();
        response.setStatus(first.status());
        response.getHeaders().putSingle(REPLAYED, "true");
        response.setEntity(call.identity.unseal(first.sealed(), call.fingerprint));
    }

    private static void put(ContainerResponseContext response, Problem problem) {
        response.setStatus(problem.code().status);
        if (problem.code() == ProblemCode.IDEMPOTENCY_IN_PROGRESS) {
            response.getHeaders().putSingle("Retry-After", "1");
        }
        response.setEntity(ErrorBody.of(problem));
    }

    private static Response response(RepeatableCall call) {
        if (call.refusal() != null) {
            throw call.refusal();
        }
        var first = call.first();
        return Response.status(first.status())
                .type(first.contentType())
                .header(REPLAYED, "true")
                .entity(call.identity.unseal(first.sealed(), call.fingerprint))
                .build();
    }

    private String text(Object entity) {
        try {
            return entity == null ? "" : entity instanceof String said ? said : json.writeValueAsString(entity);
        } catch (JsonProcessingException impossible) { // it would have failed without us as well
            throw new IllegalStateException(impossible);
        }
    }
}
