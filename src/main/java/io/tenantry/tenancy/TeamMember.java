package io.tenantry.tenancy;

/** A membership together with its user. */
record TeamMember(TeamMembership membership, User user) {}
