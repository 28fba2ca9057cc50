package io.tenantry.identity;

import io.tenantry.core.Caller;

/** Proof that this caller may do one kind of thing inside this boundary. Only {@link Authorizer} makes one; stores ask for it. */
public final class Scope {

    private final Action action;
    private final Caller caller;
    private final Boundary boundary;

    Scope(Action action, Caller caller, Boundary boundary) { // package-private: see Authorizer
        this.action = action;
        this.caller = caller;
        this.boundary = boundary;
    }

    public Action action() {
        return action;
    }

    public Caller caller() {
        return caller;
    }

    public Boundary boundary() {
        return boundary;
    }
}
