package io.tenantry.core;

/**
 * Every way in which a call can fail through its caller's doing or a store's absence. The status is the truthful one, the type is
 * the word that clients of this API know. Listed for people in {@code docs/errors.md}; a test keeps the two alike.
 */
public enum ProblemCode {
    // 400: the request cannot mean anything
    INVALID_JSON(400, "bad_request_error", "The body is not valid JSON"),
    INVALID_VALUE(400, "bad_request_error", "A value is not acceptable"),
    NEGATIVE_LIMIT(400, "bad_request_error", "A limit is negative"),
    INVALID_DURATION(400, "bad_request_error", "A duration cannot be read"),
    NOT_ENFORCED(400, "bad_request_error", "A field is not supported yet"),
    PARENT_LIMIT_EXCEEDED(400, "bad_request_error", "A child may not have more than its parent"),
    BUDGET_CONFLICT(400, "bad_request_error", "Budget fields contradict each other"),
    MODEL_UNPRICED(400, "model_cost_map_missing", "The model has no price"),
    MEMBER_EXISTS(400, "team_member_already_in_team", "The user is a member already"),
    AMBIGUOUS_EMAIL(400, "bad_request_error", "Several users have this e-mail address"),
    // 401: who are you
    NO_CREDENTIAL(401, "auth_error", "No api key passed in."),
    MALFORMED_CREDENTIAL(401, "auth_error", "The credential is malformed"),
    UNKNOWN_KEY(401, "token_not_found_in_db", "Invalid proxy server token passed"),
    EXPIRED_KEY(401, "expired_key", "Expired Key"),
    BLOCKED(401, "auth_error", "The credential is blocked"),
    INVALID_TOKEN(401, "auth_error", "Validation fails: the token is not acceptable"),
    EXPIRED_TOKEN(401, "auth_error", "Token Expired"),
    UNKNOWN_SUBJECT(401, "auth_error", "What the token names does not exist here"),
    // 403: you may not
    FORBIDDEN(403, "auth_error", "The caller is not allowed to do this"),
    ROUTE_NOT_ALLOWED(403, "auth_error", "The key is not allowed to call this route"),
    // 404: not there, or not yours
    NOT_FOUND(404, "not_found_error", "Not found"),
    ROUTE_NOT_FOUND(404, "not_found_error", "No such route"),
    METHOD_NOT_ALLOWED(405, "bad_request_error", "Method not allowed"),
    NOT_ACCEPTABLE(406, "bad_request_error", "Only JSON can be answered"),
    // 409: already there
    ALREADY_EXISTS(409, "bad_request_error", "It exists already"),
    CONFLICT(409, "bad_request_error", "Somebody else changed it in the meantime"),
    IN_USE(409, "bad_request_error", "It is in use"),
    IDEMPOTENCY_KEY_REUSED(409, "bad_request_error", "This Idempotency-Key was used for another request"),
    IDEMPOTENCY_IN_PROGRESS(409, "bad_request_error", "The first call with this Idempotency-Key is still under way"),
    // 412, 413, 415, 422
    PRECONDITION_FAILED(412, "bad_request_error", "The condition of the change does not hold"),
    BODY_TOO_LARGE(413, "bad_request_error", "The body is too large"),
    UNSUPPORTED_MEDIA_TYPE(415, "bad_request_error", "The body must be application/json"),
    VALIDATION(422, "validation_error", "The request does not validate"),
    // 5xx: ours
    INTERNAL(500, "internal_server_error", "Something broke on our side"),
    DATABASE_UNAVAILABLE(503, "no_db_connection", "The database is away"),
    LIMITS_UNAVAILABLE(503, "limit_store_unavailable", "The limits cannot be looked at"),
    AUTH_PROVIDER_UNAVAILABLE(503, "auth_provider_unavailable", "The keys of the identity provider cannot be had"),
    OVERLOADED(503, "overloaded", "Too much is going on; try again");

    public final int status;

    /** The wire's {@code error.type}. */
    public final String type;

    public final String title;

    ProblemCode(int status, String type, String title) {
        this.status = status;
        this.type = type;
        this.title = title;
    }
}
