package io.tenantry.tenancy;

import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import io.smallrye.mutiny.Uni;
import io.tenantry.core.Problem;
import io.tenantry.core.ProblemCode;
import io.tenantry.identity.Scope;
import io.tenantry.tenancy.ModelGroups.Group;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/** The model access groups of teams: what they grant, and who may assign them. */
@ApplicationScoped
class TeamGroups {

    private final ModelGroups groups;

    TeamGroups(ModelGroups groups) {
        this.groups = groups;
    }

    /** What a team gets from its groups, in the shape that clients know; null where it has none. */
    record Granted(List<Detail> details) {

        List<String> models() {
            return details == null
                    ? null
                    : details.stream()
                            .flatMap(detail -> detail.models().stream())
                            .distinct()
                            .sorted()
                            .toList();
        }

        /** Groups grant models and nothing else here. */
        List<String> nothingElse() {
            return details == null ? null : List.of();
        }
    }

    /** One group of a team. */
    @JsonNaming(PropertyNamingStrategies.SnakeCaseStrategy.class)
    public record Detail(
            String accessGroupId,
            String accessGroupName,
            List<String> models,
            List<String> mcpServerIds,
            List<String> agentIds) {

        static Detail of(Group group) {
            return new Detail(group.accessGroupId(), group.accessGroupName(), group.models(), List.of(), List.of());
        }
    }

    /** The groups of these teams, by id, in one statement. */
    Uni<Map<String, Group>> of(Collection<Team> teams) {
        return groups.byIds(teams.stream()
                .flatMap(team -> team.accessGroupIds.stream())
                .distinct()
                .toList());
    }

    static Granted granted(Team team, Map<String, Group> groups) {
        return new Granted(
                team.accessGroupIds.isEmpty()
                        ? null
                        : team.accessGroupIds.stream()
                                .map(groups::get)
                                .filter(Objects::nonNull)
                                .map(Detail::of)
                                .toList());
    }

    /**
     * Holds the groups that a team shall have, before the team is locked. Fails with NOT_FOUND for one that does not exist.
     *
     * @param groupIds null where the request says nothing about them
     */
    Uni<Void> hold(Scope scope, Collection<String> groupIds) {
        // whoever may not assign groups is not told which there are
        return groupIds == null || !scope.boundary().everything()
                ? Uni.createFrom().voidItem()
                : groups.hold(groupIds);
    }

    /** Fails with FORBIDDEN where somebody else than a proxy admin changes the groups of a team: they belong to no tenant. */
    static void requireMayAssign(Scope scope, List<String> before, List<String> after) {
        if (after != null && !after.equals(before) && !scope.boundary().everything()) {
            throw Problem.of(ProblemCode.FORBIDDEN)
                    .param("access_group_ids")
                    .detail("Not allowed: only a proxy admin may assign access groups");
        }
    }
}
