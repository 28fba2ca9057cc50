package io.tenantry.tenancy;

/** A membership together with its user. */
record OrganizationMember(OrganizationMembership membership, User user) {}
