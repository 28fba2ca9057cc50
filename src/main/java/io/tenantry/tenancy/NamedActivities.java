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

/** What was used day by day for customers and under tags. They belong to no tenant: a scope with this right reaches all of it. */
@ApplicationScoped
public class NamedActivities {

    private static final Reach EVERYTHING = new Reach(true, List.of(), List.of(), List.of(), null, null);

    /** Each is looked for in the ledger, which has no days of customers made ready. */
    private static final int MOST_CUSTOMERS = 100;

    private final ActivityLookup lookup;

    NamedActivities(ActivityLookup lookup) {
        this.lookup = lookup;
    }

    /** Of customers, which have to be named. Fails with INVALID_VALUE for none and for too many. */
    public Uni<DailyActivityView> ofCustomers(Scope scope, String ids, String excluded, ActivityQuery query) {
        var named = ActivityQuery.ids(ids);
        if (named.isEmpty() || named.size() > MOST_CUSTOMERS) {
            throw Problem.of(ProblemCode.INVALID_VALUE)
                    .param("end_user_ids")
                    .detail("end_user_ids must name 1 to %d customers, separated by commas", MOST_CUSTOMERS);
        }
        return view(query.question(Of.CUSTOMER, EVERYTHING, named, ActivityQuery.ids(excluded)));
    }

    /** Of tags; of all of them where none is named. */
    public Uni<DailyActivityView> ofTags(Scope scope, String tags, ActivityQuery query) {
        return view(query.question(Of.TAG, EVERYTHING, ActivityQuery.ids(tags), List.of()));
    }

    private Uni<DailyActivityView> view(Question question) {
        return lookup.page(question).map(page -> ActivitySums.view(question, page));
    }
}
