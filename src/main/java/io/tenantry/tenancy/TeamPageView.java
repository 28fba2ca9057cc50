package io.tenantry.tenancy;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonInclude.Include;
import com.fasterxml.jackson.annotation.JsonUnwrapped;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import io.tenantry.core.NanoUsd;
import jakarta.validation.constraints.NotNull;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.eclipse.microprofile.openapi.annotations.enums.SchemaType;
import org.eclipse.microprofile.openapi.annotations.media.Schema;

/** A page of teams. */
@JsonNaming(PropertyNamingStrategies.SnakeCaseStrategy.class)
public record TeamPageView(
        @NotNull @Schema(type = SchemaType.ARRAY, implementation = Entry.class)
        List<?> teams,

        long total,
        int page,
        int pageSize,
        long totalPages) {

    /** One team with the numbers of its members and keys; a deleted one has none, and tells of its end: {@link DeletedTeams} writes it. */
    @JsonNaming(PropertyNamingStrategies.SnakeCaseStrategy.class)
    @Schema(name = "TeamPageEntry")
    public record Entry(
            @JsonUnwrapped TeamView team,
            @JsonInclude(Include.NON_NULL) Long membersCount,
            @JsonInclude(Include.NON_NULL) Long keysCount,
            List<String> accessGroupModels,
            List<String> accessGroupMcpServerIds,
            List<String> accessGroupAgentIds,

            @Schema(description = "Of deleted teams, as the fields that follow") @JsonInclude(Include.NON_NULL)
            String id,

            @JsonInclude(Include.NON_NULL) Instant deletedAt,
            @JsonInclude(Include.NON_NULL) String deletedBy,
            @JsonInclude(Include.NON_NULL) String deletedByApiKey,
            @JsonInclude(Include.NON_NULL) String litellmChangedBy) {}

    static TeamPageView of(TeamPageQuery query, TeamPages.Found found, Map<String, NanoUsd> spent) {
        var entries = found.facts().teams().stream()
                .map(team -> entry(team, found, spent))
                .toList();
        var pages = (found.total() + query.size() - 1) / query.size();
        return new TeamPageView(entries, found.total(), query.page(), query.size(), pages);
    }

    /** @param deleted as they were at their end */
    static TeamPageView of(TeamPageQuery query, List<Map<String, Object>> deleted, long total) {
        return new TeamPageView(deleted, total, query.page(), query.size(), (total + query.size() - 1) / query.size());
    }

    private static Entry entry(Team team, TeamPages.Found found, Map<String, NanoUsd> spent) {
        var granted = TeamGroups.granted(team, found.groups());
        return new Entry(
                found.facts().view(team, spent.getOrDefault(team.teamId, NanoUsd.ZERO)),
                found.memberCounts().getOrDefault(team.teamId, 0L),
                found.keyCounts().getOrDefault(team.teamId, 0L),
                granted.models(),
                granted.nothingElse(),
                granted.nothingElse(),
                null,
                null,
                null,
                null,
                null);
    }
}
