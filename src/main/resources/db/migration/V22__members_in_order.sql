-- Lists show the first members of each team and organization: read from an index in that order, the others are not looked at. Runs outside of a
-- transaction (platform/database/Migrations), so that nobody waits for it; whatever step it stops at, it can be run again.
drop index concurrently if exists team_membership_in_order;
create index concurrently team_membership_in_order on team_membership (team_id, created_at, user_id);
drop index concurrently if exists organization_membership_in_order;
create index concurrently organization_membership_in_order on organization_membership (organization_id, created_at, user_id);
