package io.tenantry.platform.http;

/** A query or path parameter that is not of its type. The framework alone would say 404, as if there were no such route. */
final class InvalidParameter extends RuntimeException {

    private static final long serialVersionUID = 1L;

    private final transient ErrorBody.FieldError field;

    InvalidParameter(ErrorBody.FieldError field) {
        super(field.msg(), null, false, false);
        this.field = field;
    }

    ErrorBody.FieldError field() {
        return field;
    }
}
