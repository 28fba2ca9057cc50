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

    static TeamPageView of(TeamPageQuery query, TeamPages.Found found, Map<String, NanoUsd> spent) {
        var entries = found.facts().teams().stream()
                .map(team -> entry(team, found, spent))
                .toList();
        var pages = (found.total() + query.size() - 1) / query.size();
        return new TeamPageView(entries, found.total(), query.page(), query.size(), pages);
    }

    private static Entry entry(Team team, TeamPages.Found found, Map<String, NanoUsd> spent) {
        var granted = TeamGroups.granted(team, found.groups());
        return new Entry(
                found.facts().view(team, spent.getOrDefault(team.teamId, NanoUsd.ZERO)),
                found.memberCounts().getOrDefault(team.teamId, 0L),
                found.keyCounts().getOrDefault(team.teamId, 0L),
                granted.models(),
                granted.nothingElse(),
                granted.nothingElse());
    }
}
