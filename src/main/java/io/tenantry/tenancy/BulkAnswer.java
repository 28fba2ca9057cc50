package io.tenantry.tenancy;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import io.quarkus.runtime.annotations.RegisterForReflection;
import io.tenantry.core.Problem;
import io.tenantry.platform.http.ErrorBody;
import java.util.ArrayList;
import java.util.List;
import org.eclipse.microprofile.openapi.annotations.enums.SchemaType;
import org.eclipse.microprofile.openapi.annotations.media.Schema;

/** Counts the results of a bulk call and, where the answer is one document, keeps them. */
final class BulkAnswer<R> {

    private final List<R> results = new ArrayList<>();
    private final boolean atomic;
    private Problem first;
    private int failed;
    private int total;

    BulkAnswer(boolean atomic) {
        this.atomic = atomic;
    }

    /** Takes a result into the answer. */
    void add(BulkUsers.Told<R> told) {
        results.add(told.result());
        count(told);
    }

    /** Counts a result that is written elsewhere. */
    void count(BulkUsers.Told<R> told) {
        total++;
        if (told.problem() != null) {
            failed++;
            // what was only not applied is a consequence; the answer names a cause
            first = first == null || Bulk.isConsequence(first) ? told.problem() : first;
        }
    }

    /** 200, also when some were refused: the results say which. All or none was asked and not done: the status of the cause. */
    int status() {
        return atomic && failed > 0 ? first.code().status : 200;
    }

    Creations creations() {
        return new Creations(error(), detail(), kept(), total, total - failed, failed);
    }

    Updates updates() {
        return new Updates(error(), detail(), kept(), total, total - failed, failed);
    }

    private List<R> kept() {
        return results.isEmpty() ? null : results;
    }

    private ErrorBody.Error error() {
        return status() == 200 ? null : ErrorBody.of(first).error();
    }

    private Object detail() {
        return status() == 200 ? null : ErrorBody.of(first).detail();
    }

    /**
     * The answer to {@code /user/bulk_create}; its last line where results are lines.
     *
     * @param error as in every error body, when all or none was asked and nothing was done; otherwise left out
     */
    @RegisterForReflection
    @JsonInclude(JsonInclude.Include.NON_NULL)
    @JsonNaming(PropertyNamingStrategies.SnakeCaseStrategy.class)
    @Schema(name = "BulkUserCreations")
    public record Creations(
            ErrorBody.Error error,
            Object detail,

            @Schema(type = SchemaType.ARRAY, implementation = CreatedUserResult.class)
            List<?> results,

            int totalRequested,
            int successfulCreates,
            int failedCreates) {}

    /** The answer to {@code /user/bulk_update}, by the same rules. */
    @RegisterForReflection
    @JsonInclude(JsonInclude.Include.NON_NULL)
    @JsonNaming(PropertyNamingStrategies.SnakeCaseStrategy.class)
    @Schema(name = "BulkUserUpdates")
    public record Updates(
            ErrorBody.Error error,
            Object detail,

            @Schema(type = SchemaType.ARRAY, implementation = UpdatedUserResult.class)
            List<?> results,

            int totalRequested,
            int successfulUpdates,
            int failedUpdates) {}
}
