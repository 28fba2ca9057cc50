package io.tenantry.keys;

import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import jakarta.validation.constraints.NotNull;
import java.util.List;
import org.eclipse.microprofile.openapi.annotations.enums.SchemaType;
import org.eclipse.microprofile.openapi.annotations.media.Schema;

/** A page of keys: tokens, or full rows where those were asked for. */
@JsonNaming(PropertyNamingStrategies.SnakeCaseStrategy.class)
public record KeyPageView(
        @NotNull @Schema(type = SchemaType.ARRAY, implementation = KeyListEntry.class)
        List<?> keys,

        long totalCount,
        int currentPage,
        long totalPages) {

    static KeyPageView of(List<?> keys, long total, ListKeysQuery query) {
        return new KeyPageView(keys, total, query.page(), (total + query.size() - 1) / query.size());
    }
}
