package io.tenantry.limits.engine;

/** The store did not answer in time. Whether it did what was asked is unknown; what it may hold is given back when the lease ends. */
public final class StoreUnavailable extends RuntimeException {

    private static final long serialVersionUID = 1L;

    public StoreUnavailable(String why) {
        super(why, null, false, false);
    }
}
