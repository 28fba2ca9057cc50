package io.tenantry.platform.openapi;

import java.util.List;
import org.eclipse.microprofile.openapi.OASFactory;
import org.eclipse.microprofile.openapi.models.Components;
import org.eclipse.microprofile.openapi.models.Operation;
import org.eclipse.microprofile.openapi.models.media.Schema;
import org.eclipse.microprofile.openapi.models.media.Schema.SchemaType;
import org.eclipse.microprofile.openapi.models.parameters.Parameter;
import org.eclipse.microprofile.openapi.models.responses.APIResponse;

/** The answers and headers that many operations share. */
final class CommonAnswers {

    private static final String JSON = "application/json";
    private static final String ERROR = "Error";
    private static final String IDEMPOTENCY_KEY = "IdempotencyKey";
    private static final String IF_NONE_MATCH = "IfNoneMatch";

    /** One kind of failure, as all operations show it. */
    private record Failure(String status, String name, String description, String type, String message) {

        APIResponse response() {
            var example = OASFactory.createExample().value(exampleOf(this));
            return OASFactory.createAPIResponse()
                    .description(description)
                    .content(OASFactory.createContent()
                            .addMediaType(
                                    JSON,
                                    OASFactory.createMediaType()
                                            .schema(OASFactory.createSchema().ref(ERROR))
                                            .addExample("refused", example)));
        }

        private static Object exampleOf(Failure failure) {
            var error = new java.util.LinkedHashMap<String, Object>();
            error.put("message", failure.message());
            error.put("type", failure.type());
            error.put("param", null);
            error.put("code", failure.status());
            var body = new java.util.LinkedHashMap<String, Object>();
            body.put("error", error);
            body.put("detail", java.util.Map.of("error", failure.message()));
            return body;
        }
    }

    private static final Failure INVALID =
            new Failure("400", "Invalid", "A value is not acceptable.", "bad_request_error", "A limit is negative");
    private static final Failure UNAUTHENTICATED = new Failure(
            "401", "Unauthenticated", "Who is calling is not known.", "auth_error", "No api key passed in.");
    private static final Failure FORBIDDEN = new Failure(
            "403", "Forbidden", "The caller may not do this.", "auth_error", "The caller is not allowed to do this");
    private static final Failure NOT_FOUND = new Failure(
            "404",
            "NotFound",
            "It does not exist, or belongs to somebody else: the two are not told apart.",
            "not_found_error",
            "Team 'search' does not exist (not found)");
    private static final Failure CONFLICT = new Failure(
            "409",
            "Conflict",
            "It is there already, somebody else changed it in the meantime, or the Idempotency-Key was used for another request.",
            "bad_request_error",
            "Team 'search' already exists");
    private static final Failure NOT_VALID = new Failure(
            "422",
            "NotValid",
            "Fields are missing or of a wrong type; detail lists every one of them.",
            "validation_error",
            "team_id must not be blank");
    private static final Failure AWAY = new Failure(
            "503", "Away", "A store is away. Repeating is safe.", "no_db_connection", "The database is away");

    private static final List<Failure> ALL =
            List.of(INVALID, UNAUTHENTICATED, FORBIDDEN, NOT_FOUND, CONFLICT, NOT_VALID, AWAY);

    private CommonAnswers() {}

    static void addTo(Components components) {
        components.addSchema(ERROR, errorSchema());
        ALL.forEach(failure -> components.addResponse(failure.name(), failure.response()));
        components.addResponse(
                "NotModified", OASFactory.createAPIResponse().description("Unchanged since the tag was given out."));
        components.addParameter(
                IDEMPOTENCY_KEY,
                header(
                        "Idempotency-Key",
                        "Makes the call safe to repeat: the same key with the same request gives the first answer again. A random UUID is a good one.",
                        "6f1a1a3e-6b0c-4a52-9d4e-0a4d6f1f9b11"));
        components.addParameter(
                IF_NONE_MATCH,
                header(
                        "If-None-Match",
                        "The ETag of an earlier answer: 304 when nothing has changed.",
                        "\"c2FtcGxl\""));
    }

    private static Parameter header(String name, String description, String example) {
        return OASFactory.createParameter()
                .name(name)
                .in(Parameter.In.HEADER)
                .description(description)
                .schema(OASFactory.createSchema().addType(SchemaType.STRING))
                .example(example);
    }

    private static Schema errorSchema() {
        var error = object().addProperty("message", text("What was wrong, in words."))
                .addProperty("type", text("The kind of failure."))
                .addProperty(
                        "param",
                        OASFactory.createSchema()
                                .addType(SchemaType.STRING)
                                .addType(SchemaType.NULL)
                                .description("The field at fault."))
                .addProperty("code", text("The status, as text."));
        return object().description("The one error body. See docs/errors.md for every type.")
                .addProperty("error", error)
                .addProperty(
                        "detail",
                        OASFactory.createSchema()
                                .description(
                                        "An object with the same message in error; for 422 a list of the fields that do not validate."));
    }

    private static Schema object() {
        return OASFactory.createSchema().addType(SchemaType.OBJECT);
    }

    private static Schema text(String description) {
        return OASFactory.createSchema().addType(SchemaType.STRING).description(description);
    }

    static void addTo(Operation operation, boolean changing, boolean takes) {
        for (var failure : ALL) {
            // a change can always be refused for its Idempotency-Key
            var applies = takes
                    || (failure == INVALID && changing)
                    || (failure != INVALID && failure != NOT_FOUND && failure != NOT_VALID);
            if (applies && (changing || failure != CONFLICT)) {
                put(operation, failure.status(), failure.name());
            }
        }
    }

    static void addHeaders(Operation operation, boolean changing) {
        var name = changing ? IDEMPOTENCY_KEY : IF_NONE_MATCH;
        operation.addParameter(OASFactory.createParameter().ref(name));
        if (!changing) {
            put(operation, "304", "NotModified");
        }
    }

    private static void put(Operation operation, String status, String name) {
        var responses = operation.getResponses();
        var given = responses.getAPIResponse(status);
        // what the framework adds by itself says less
        if (given == null || given.getContent() == null) {
            responses.addAPIResponse(status, OASFactory.createAPIResponse().ref(name));
        }
    }
}
