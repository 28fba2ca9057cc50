package io.tenantry.tenancy;

import io.tenantry.core.Paging;
import io.tenantry.core.Problem;
import io.tenantry.core.ProblemCode;
import io.tenantry.tenancy.ActivityLookup.Of;
import io.tenantry.tenancy.ActivityLookup.Question;
import io.tenantry.tenancy.ActivityLookup.Reach;
import jakarta.ws.rs.QueryParam;
import java.time.LocalDate;
import java.time.format.DateTimeParseException;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.stream.Stream;
import org.eclipse.microprofile.openapi.annotations.parameters.Parameter;

/** The parameters that all reports of daily activity take, as they were sent. */
public class ActivityQuery {

    private static final int LONGEST_DAYS = 400;
    private static final int MOST = 1_000;
    private static final int LAST_PAGE = 1_000_000;

    @Parameter(description = "The first day, YYYY-MM-DD")
    @QueryParam("start_date")
    String startDate;

    @Parameter(description = "The last day, YYYY-MM-DD")
    @QueryParam("end_date")
    String endDate;

    @Parameter(description = "Only this model")
    @QueryParam("model")
    String model;

    @Parameter(description = "Only this key, by token or id")
    @QueryParam("api_key")
    String apiKey;

    @Parameter(description = "The page, from 1")
    @QueryParam("page")
    String page;

    @Parameter(description = "Rows a page, 1000 at most. A row is what one key used of one model on one day")
    @QueryParam("page_size")
    String pageSize;

    /** Fails with INVALID_VALUE or VALIDATION naming the parameter. */
    Question question(Of of, Reach reach, List<String> ids, List<String> excluded) {
        var first = day("start_date", startDate);
        var last = day("end_date", endDate);
        if (last.isBefore(first) || ChronoUnit.DAYS.between(first, last) > LONGEST_DAYS) {
            throw Problem.of(ProblemCode.INVALID_VALUE)
                    .param("end_date")
                    .detail("end_date must not be before start_date, nor more than %d days after it", LONGEST_DAYS);
        }
        int number = page == null ? 1 : QueryNumbers.positive("page", page, LAST_PAGE);
        int size = pageSize == null ? 10 : QueryNumbers.positive("page_size", pageSize, MOST);
        Paging.requireReachable(number, size, "ask for fewer days at once, or for one model or key");
        return new Question(of, reach, ids, excluded, first, last, present(model), present(apiKey), number, size);
    }

    /** The ids of a comma-separated list; none for none. */
    static List<String> ids(String list) {
        return list == null
                ? List.of()
                : Stream.of(list.split(","))
                        .map(String::strip)
                        .filter(id -> !id.isEmpty())
                        .distinct()
                        .toList();
    }

    private static LocalDate day(String name, String text) {
        try {
            return LocalDate.parse(text == null ? "" : text);
        } catch (DateTimeParseException unreadable) {
            throw Problem.of(ProblemCode.INVALID_VALUE).param(name).detail("%s must be a day as YYYY-MM-DD", name);
        }
    }

    private static String present(String criterion) {
        return criterion == null || criterion.isBlank() ? null : criterion;
    }
}
