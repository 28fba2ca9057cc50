package io.tenantry.tenancy;

import com.fasterxml.jackson.annotation.JsonUnwrapped;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import java.util.List;
import java.util.Map;

/** One team in the answer to {@code /team/list}. */
@JsonNaming(PropertyNamingStrategies.SnakeCaseStrategy.class)
public record TeamListEntryView(
        @JsonUnwrapped TeamView team, List<TeamMembershipView> teamMemberships, List<Map<String, Object>> keys) {}
