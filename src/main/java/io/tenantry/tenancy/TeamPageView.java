package io.tenantry.tenancy;

import com.fasterxml.jackson.annotation.JsonUnwrapped;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import io.tenantry.core.NanoUsd;
import jakarta.validation.constraints.NotNull;
import java.util.List;
import java.util.Map;
import org.eclipse.microprofile.openapi.annotations.media.Schema;

/** A page of teams. */
@JsonNaming(PropertyNamingStrategies.SnakeCaseStrategy.class)
public record TeamPageView(@NotNull List<Entry> teams, long total, int page, int pageSize, long totalPages) {

    /** One team with the numbers of its members and keys. */
    @JsonNaming(PropertyNamingStrategies.SnakeCaseStrategy.class)
    @Schema(name = "TeamPageEntry")
    public record Entry(
            @JsonUnwrapped TeamView team,
            long membersCount,
            long keysCount,
            List<String> accessGroupModels,
            List<String> accessGroupMcpServerIds,
            List<String> accessGroupAgentIds) {}

    static TeamPageView of(
            TeamPageQuery query,
            TeamFacts facts,
            long total,
            Map<String, Long> memberCounts,
            Map<String, Long> keyCounts,
            Map<String, NanoUsd> spent) {
        var entries = facts.teams().stream()
                .map(team -> new Entry(
                        facts.view(team, spent.getOrDefault(team.teamId, NanoUsd.ZERO)),
                        memberCounts.getOrDefault(team.teamId, 0L),
                        keyCounts.getOrDefault(team.teamId, 0L),
                        null,
                        null,
                        null))
                .toList();
        return new TeamPageView(entries, total, query.page(), query.size(), (total + query.size() - 1) / query.size());
    }
}
