package io.tenantry.tenancy;

import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import java.util.List;
import java.util.Map;

/**
 * The answer to {@code /user/info}.
 *
 * @param userInfo null when the caller asked about itself and has no row, as with the master key
 */
@JsonNaming(PropertyNamingStrategies.SnakeCaseStrategy.class)
public record UserInfoView(String userId, UserView userInfo, List<Map<String, Object>> keys, List<TeamView> teams) {}
