package io.tenantry.identity;

import io.tenantry.core.Caller;
import io.tenantry.core.Problem;
import io.tenantry.core.ProblemCode;
import jakarta.enterprise.context.RequestScoped;

/** The caller of this request. Set by {@link AuthenticationFilter}; absent means that a route was left unguarded, which is refused. */
@RequestScoped
public class CurrentCaller {

    private Caller caller;
    private String onBehalfOf;

    void set(Caller authenticated, String changedBy) {
        this.caller = authenticated;
        // from anybody else it would let a change look like another's
        this.onBehalfOf = authenticated.isAdmin() ? changedBy : null;
    }

    public Caller get() {
        if (caller == null) {
            throw Problem.of(ProblemCode.NO_CREDENTIAL);
        }
        return caller;
    }

    /** Whom an administrator's tool acted for, from the header {@code litellm-changed-by}; null when not given. Heard only from proxy admins. */
    public String onBehalfOf() {
        return onBehalfOf;
    }
}
