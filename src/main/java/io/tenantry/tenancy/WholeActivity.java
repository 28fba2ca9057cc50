package io.tenantry.tenancy;

import io.smallrye.mutiny.Uni;
import io.tenantry.core.Problem;
import io.tenantry.core.ProblemCode;
import io.tenantry.tenancy.ActivityLookup.Page;
import io.tenantry.tenancy.ActivityLookup.Question;

/** A report without pages: all rows that answer a question, added up, as long as they are not too many for one answer. */
final class WholeActivity {

    /** A row is what one key used of one model on one day. */
    private static final int MOST_ROWS = 20_000;

    private WholeActivity() {}

    /** Fails with INVALID_VALUE when there are too many. */
    static Uni<DailyActivityView> of(ActivityLookup lookup, Question asked) {
        var question = new Question(
                asked.of(),
                asked.reach(),
                asked.ids(),
                asked.excluded(),
                asked.first(),
                asked.last(),
                asked.model(),
                asked.key(),
                1,
                MOST_ROWS);
        return lookup.page(question).invoke(WholeActivity::requireWhole).map(page -> ActivitySums.view(question, page));
    }

    private static void requireWhole(Page page) {
        if (page.total() > MOST_ROWS) {
            throw Problem.of(ProblemCode.INVALID_VALUE)
                    .param("start_date")
                    .detail(
                            "There is too much use for one answer: ask for fewer days, for one of them, one model, or for pages");
        }
    }
}
