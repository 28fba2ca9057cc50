package io.tenantry.keys;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import io.quarkus.runtime.annotations.RegisterForReflection;
import io.tenantry.keys.KeyUpdates.Result;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.eclipse.microprofile.openapi.annotations.media.Schema;

/** What came of each item of a bulk update. */
@JsonNaming(PropertyNamingStrategies.SnakeCaseStrategy.class)
public record BulkUpdateView(long totalRequested, List<Updated> successfulUpdates, List<Failed> failedUpdates) {

    /** @param keyInfo the key's columns without the token */
    @JsonNaming(PropertyNamingStrategies.SnakeCaseStrategy.class)
    @Schema(name = "BulkKeyUpdated")
    public record Updated(
            String key,
            @Schema(implementation = KeyRow.class) Map<String, Object> keyInfo) {}

    /** @param keyInfo always null */
    @JsonNaming(PropertyNamingStrategies.SnakeCaseStrategy.class)
    @JsonInclude(JsonInclude.Include.ALWAYS)
    @Schema(name = "BulkKeyFailed")
    public record Failed(String key, Map<String, Object> keyInfo, String failedReason) {}

    /** One result where they are told line by line. */
    @RegisterForReflection
    @JsonNaming(PropertyNamingStrategies.SnakeCaseStrategy.class)
    @JsonInclude(JsonInclude.Include.ALWAYS)
    public record Line(String key, boolean success, Map<String, Object> keyInfo, String failedReason) {

        static Line of(Result result) {
            var named = result.wish().ref().named();
            return result.problem() == null
                    ? new Line(named, true, withoutToken(result.row()), null)
                    : new Line(named, false, null, result.problem().getMessage());
        }
    }

    /** The last line. */
    @RegisterForReflection
    @JsonNaming(PropertyNamingStrategies.SnakeCaseStrategy.class)
    public record Sums(long totalRequested, long successfulUpdates, long failedUpdates) {

        static final Sums NONE = new Sums(0, 0, 0);

        Sums plus(List<Result> results) {
            long done =
                    results.stream().filter(result -> result.problem() == null).count();
            return new Sums(
                    totalRequested + results.size(), successfulUpdates + done, failedUpdates + results.size() - done);
        }
    }

    static BulkUpdateView of(List<Result> results) {
        return new BulkUpdateView(
                results.size(),
                results.stream()
                        .filter(result -> result.problem() == null)
                        .map(result -> new Updated(result.wish().ref().named(), withoutToken(result.row())))
                        .toList(),
                results.stream()
                        .filter(result -> result.problem() != null)
                        .map(result -> new Failed(
                                result.wish().ref().named(),
                                null,
                                result.problem().getMessage()))
                        .toList());
    }

    private static Map<String, Object> withoutToken(Map<String, Object> row) {
        if (row == null) {
            return Map.of(); // deleted since it was changed
        }
        var info = new LinkedHashMap<>(row);
        info.remove("token");
        return info;
    }
}
