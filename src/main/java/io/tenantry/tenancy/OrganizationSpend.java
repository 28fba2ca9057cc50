package io.tenantry.tenancy;

import io.tenantry.core.NanoUsd;
import java.util.Map;

/** What organizations, their members, their teams and their users have spent. Members are known by {@code organization/user}. */
record OrganizationSpend(
        Map<String, NanoUsd> organizations,
        Map<String, NanoUsd> members,
        Map<String, NanoUsd> teams,
        Map<String, NanoUsd> users) {

    /** Of organizations that were made just now. */
    static final OrganizationSpend NONE = new OrganizationSpend(Map.of(), Map.of(), Map.of(), Map.of());

    NanoUsd of(Organization organization) {
        return organizations.getOrDefault(organization.organizationId, NanoUsd.ZERO);
    }

    NanoUsd of(OrganizationMembership membership) {
        return members.getOrDefault(membership.ref().id(), NanoUsd.ZERO);
    }

    NanoUsd of(Team team) {
        return teams.getOrDefault(team.teamId, NanoUsd.ZERO);
    }
}
