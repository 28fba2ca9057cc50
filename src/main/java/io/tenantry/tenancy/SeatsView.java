package io.tenantry.tenancy;

import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.annotation.JsonNaming;

/**
 * How many users there are, in the words of a licence.
 *
 * @param totalUsers          how many there may be: always null, there is no licence
 * @param totalUsersRemaining always null
 */
@JsonNaming(PropertyNamingStrategies.SnakeCaseStrategy.class)
public record SeatsView(Long totalUsers, long totalUsersUsed, Long totalUsersRemaining) {

    static SeatsView used(long users) {
        return new SeatsView(null, users, null);
    }
}
