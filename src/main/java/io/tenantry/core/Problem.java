package io.tenantry.core;

/**
 * A failure with two messages: what the caller may read ({@link #getMessage()}) and what only the operator should ({@link
 * #internal()}, for the log). Carries no stack trace, since it reports the caller's doing and not a defect.
 */
public final class Problem extends RuntimeException {

    private static final long serialVersionUID = 1L;

    private final ProblemCode code;
    private String param;
    private String detail;
    private String internal;

    private Problem(ProblemCode code) {
        super(null, null, false, false);
        this.code = code;
    }

    public static Problem of(ProblemCode code) {
        return new Problem(code);
    }

    /** Something that is missing, or belongs to somebody else: the two must not be told apart. */
    public static Problem notFound(ResourceKind kind, String id) {
        var label = Character.toUpperCase(kind.label.charAt(0))
                + kind.label.substring(1).replace('_', ' ');
        return of(ProblemCode.NOT_FOUND).param(kind.field).detail("%s '%s' does not exist (not found)", label, id);
    }

    /** The request field at fault, as the caller wrote it. */
    public Problem param(String field) {
        this.param = field;
        return this;
    }

    /** What the caller reads. Never put a secret, SQL or a store's own message here. */
    public Problem detail(String format, Object... args) {
        this.detail = args.length == 0 ? format : format.formatted(args);
        return this;
    }

    /** What the log gets in addition. Never a secret either. */
    public Problem internally(String format, Object... args) {
        this.internal = args.length == 0 ? format : format.formatted(args);
        return this;
    }

    public ProblemCode code() {
        return code;
    }

    public String param() {
        return param;
    }

    public String internal() {
        return internal;
    }

    @Override
    public String getMessage() {
        return detail == null ? code.title : detail;
    }
}
