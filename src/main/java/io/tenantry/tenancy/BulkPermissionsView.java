package io.tenantry.tenancy;

import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import java.util.List;

/** The answer to {@code /team/permissions_bulk_update}: how many teams it changed; those that allowed all of it already are not counted. */
@JsonNaming(PropertyNamingStrategies.SnakeCaseStrategy.class)
public record BulkPermissionsView(String message, long teamsUpdated, List<String> permissionsAppended) {

    static BulkPermissionsView of(long teams, List<String> permissions) {
        return new BulkPermissionsView("Permissions added to %d teams".formatted(teams), teams, permissions);
    }
}
