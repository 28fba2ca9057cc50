package io.tenantry.keys;

import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import java.util.List;

/** A page of aliases. */
@JsonNaming(PropertyNamingStrategies.SnakeCaseStrategy.class)
public record KeyAliasesView(List<String> aliases, long totalCount, int currentPage, long totalPages, int size) {

    static KeyAliasesView of(List<String> aliases, long total, int page, int size) {
        return new KeyAliasesView(aliases, total, page, (total + size - 1) / size, size);
    }
}
