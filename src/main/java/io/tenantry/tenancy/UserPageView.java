package io.tenantry.tenancy;

import com.fasterxml.jackson.annotation.JsonUnwrapped;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import jakarta.validation.constraints.NotNull;
import java.util.List;
import org.eclipse.microprofile.openapi.annotations.media.Schema;

/**
 * A page of users.
 *
 * @param total how many there are on all pages, counted up to 100,000
 */
@JsonNaming(PropertyNamingStrategies.SnakeCaseStrategy.class)
public record UserPageView(@NotNull List<Item> users, long total, int page, int pageSize, long totalPages) {

    /** A user and how many keys of it the caller could list. */
    @JsonNaming(PropertyNamingStrategies.SnakeCaseStrategy.class)
    @Schema(name = "UserPageEntry")
    public record Item(@JsonUnwrapped UserView user, long keyCount) {}

    static UserPageView of(List<Item> users, long total, ListUsersQuery query) {
        return new UserPageView(
                users, total, query.page(), query.pageSize(), (total + query.pageSize() - 1) / query.pageSize());
    }
}
