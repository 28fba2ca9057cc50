package io.tenantry.admission;

import com.fasterxml.jackson.databind.PropertyNamingStrategies.SnakeCaseStrategy;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.List;
import org.eclipse.microprofile.openapi.annotations.media.Schema;

/** How far batch work is. */
@JsonNaming(SnakeCaseStrategy.class)
public record BatchView(
        @Schema(description = "The part that is taken, 0 to 1: of the limit of which the least is taken")
        BigDecimal taken,

        @Schema(
                description =
                        "At most so many milliseconds until the whole is there and the request is admitted, if it is asked for after each retry_after_ms and nobody else takes from the limits")
        long completeAfterMs,

        List<PartView> limits) {

    /** One limit, in its unit. */
    @JsonNaming(SnakeCaseStrategy.class)
    public record PartView(
            String scope,
            String id,
            String kind,

            @Schema(description = "null: the limit is on all models")
            String model,

            long needed,
            long taken) {

        static PartView of(BatchProgress.Part part) {
            var limit = part.limit();
            return new PartView(
                    limit.scope().label, limit.id(), limit.kind().wire, limit.model(), part.needed(), part.taken());
        }
    }

    static BatchView of(BatchProgress progress) {
        return progress == null
                ? null
                : new BatchView(
                        BigDecimal.valueOf(progress.share()).setScale(4, RoundingMode.DOWN),
                        (progress.completeMicros() + 999) / 1_000,
                        progress.parts().stream().map(PartView::of).toList());
    }
}
