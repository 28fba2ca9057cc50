package io.tenantry.tenancy;

import io.smallrye.mutiny.Uni;
import io.tenantry.core.Problem;
import io.tenantry.core.ProblemCode;
import io.tenantry.identity.Scope;
import io.tenantry.tenancy.ActivityLookup.Of;
import io.tenantry.tenancy.ActivityLookup.Question;
import io.tenantry.tenancy.ActivityLookup.Reach;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.List;
import java.util.Objects;

/** What users used day by day: all of it for proxy admins and viewers, the own for everybody else. */
@ApplicationScoped
class UserActivities {

    private static final Reach EVERYTHING = new Reach(true, List.of(), List.of(), List.of(), null, null);

    private final ActivityLookup lookup;

    UserActivities(ActivityLookup lookup) {
        this.lookup = lookup;
    }

    /** A page. Fails with FORBIDDEN for somebody else's use, whether or not the user exists. */
    Uni<DailyActivityView> page(Scope scope, String userId, ActivityQuery query) {
        var question = question(scope, userId, query);
        return lookup.page(question).map(page -> ActivitySums.view(question, page));
    }

    /** All of it at once. Fails with INVALID_VALUE when that is too much for one answer. */
    Uni<DailyActivityView> all(Scope scope, String userId, ActivityQuery query) {
        return WholeActivity.of(lookup, question(scope, userId, query));
    }

    private static Question question(Scope scope, String userId, ActivityQuery query) {
        return query.question(Of.USER, EVERYTHING, users(scope, userId), List.of());
    }

    /** No id begins like this: a caller without a user has used nothing as one. */
    private static final String NOBODY = "-";

    private static List<String> users(Scope scope, String userId) {
        var asked = userId == null || userId.isBlank() ? null : userId;
        if (scope.boundary().everything()) {
            return asked == null ? List.of() : List.of(asked);
        }
        var own = scope.caller().userId();
        if (own == null && asked == null) {
            return List.of(NOBODY);
        }
        if (!Objects.equals(asked == null ? own : asked, own)) {
            throw Problem.of(ProblemCode.FORBIDDEN)
                    .param("user_id")
                    .detail("Not allowed: only proxy admins may see what other users used");
        }
        return List.of(own);
    }
}
