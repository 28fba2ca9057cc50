package io.tenantry.platform.stores;

/** We do not start like this: the message says what is wrong, what it would cause, and what to do. No trace; it is not a defect. */
public final class StartRefused extends RuntimeException {

    private static final long serialVersionUID = 1L;

    public StartRefused(String message) {
        super(message, null, false, false);
    }
}
