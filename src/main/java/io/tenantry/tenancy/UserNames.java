package io.tenantry.tenancy;

import io.tenantry.core.Problem;
import io.tenantry.core.ProblemCode;
import io.tenantry.platform.http.StoreFailures;

/** The names of a user that nobody else may have: id, address, SSO id. */
final class UserNames {

    private UserNames() {}

    static Problem taken(String field, String value) {
        return Problem.of(ProblemCode.ALREADY_EXISTS)
                .param(field)
                .detail("A user with %s '%s' already exists", field, value);
    }

    /** What a statement ran into, when somebody else took a name since it was looked at. */
    static Throwable takenMeanwhile(Throwable failure) {
        return switch (StoreFailures.violatedConstraint(failure).orElse("")) {
            case "app_user_pkey" -> meanwhile("user_id");
            case "app_user_email" -> meanwhile("user_email");
            case "app_user_sso_user_id_key" -> meanwhile("sso_user_id");
            default -> failure;
        };
    }

    /** The same, where it is not known which one. */
    static Problem takenMeanwhile() {
        return Problem.of(ProblemCode.ALREADY_EXISTS)
                .param("user_id")
                .detail("A user with this id, address or SSO id already exists: it was taken just now");
    }

    private static Problem meanwhile(String field) {
        return Problem.of(ProblemCode.ALREADY_EXISTS)
                .param(field)
                .detail("A user with this %s already exists: it was taken just now", field);
    }
}
