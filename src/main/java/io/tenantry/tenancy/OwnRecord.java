package io.tenantry.tenancy;

import io.tenantry.core.Problem;
import io.tenantry.core.ProblemCode;
import io.tenantry.identity.Scope;
import java.util.Set;

/**
 * What somebody who is no proxy admin may change of the own row: how the name is shown. Limits, models and the role would be granted to oneself;
 * an address decides who may log in and to whom memberships are given; metadata is what administrators keep.
 */
final class OwnRecord {

    private static final Set<String> HARMLESS = Set.of("user_alias");

    private OwnRecord() {}

    /** Fails with FORBIDDEN naming the first field that only a proxy admin may change, whatever its value. */
    static void requireAllowed(Scope scope, UpdateUserRequest request) {
        if (scope.boundary().everything()) {
            return;
        }
        request.changed().stream()
                .filter(field -> !HARMLESS.contains(field))
                .findFirst()
                .ifPresent(OwnRecord::refuse);
    }

    private static void refuse(String field) {
        throw Problem.of(ProblemCode.FORBIDDEN)
                .param(field)
                .detail("Not allowed: users cannot modify '%s' on their own record, only a proxy admin may", field);
    }
}
