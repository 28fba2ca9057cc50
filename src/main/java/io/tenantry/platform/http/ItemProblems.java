package io.tenantry.platform.http;

import com.fasterxml.jackson.core.JsonProcessingException;
import io.tenantry.core.Problem;
import io.tenantry.core.ProblemCode;
import jakarta.validation.ConstraintViolationException;
import org.jboss.logging.Logger;

/** What became of one item of a call in bulk, by the rules that {@link ProblemMapper} has for a call of its own. */
public final class ItemProblems {

    private static final Logger LOG = Logger.getLogger(ItemProblems.class);

    private ItemProblems() {}

    public static Problem of(Throwable failure) {
        if (failure instanceof ConstraintViolationException violated) {
            return FieldErrors.problem(Violations.fieldsOf(violated));
        }
        if (failure instanceof JsonProcessingException json) {
            return JsonFailure.of(json).fold(problem -> problem, FieldErrors::problem, ItemProblems::defect);
        }
        return StoreFailures.problemFor(failure).orElseGet(() -> defect(failure));
    }

    private static Problem defect(Throwable failure) {
        LOG.error("Unexpected failure of an item", failure);
        return Problem.of(ProblemCode.INTERNAL);
    }
}
