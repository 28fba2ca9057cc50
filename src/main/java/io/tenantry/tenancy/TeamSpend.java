package io.tenantry.tenancy;

import io.tenantry.core.NanoUsd;
import java.util.Map;

/** What teams and their members have spent. Members are known by {@code team/user}. */
record TeamSpend(Map<String, NanoUsd> teams, Map<String, NanoUsd> members, Map<String, NanoUsd> membersEver) {

    /** Of teams that were made just now. */
    static final TeamSpend NONE = new TeamSpend(Map.of(), Map.of(), Map.of());

    NanoUsd of(Team team) {
        return teams.getOrDefault(team.teamId, NanoUsd.ZERO);
    }

    NanoUsd of(TeamMembership membership) {
        return members.getOrDefault(membership.spendId(), NanoUsd.ZERO);
    }

    NanoUsd everOf(TeamMembership membership) {
        return membersEver.getOrDefault(membership.spendId(), NanoUsd.ZERO);
    }
}
