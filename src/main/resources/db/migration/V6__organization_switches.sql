-- What an organization leaves to its members, and whether its budget is handed out exactly. Constant defaults: no row is rewritten.
alter table organization
    add column members_may_create_teams boolean not null default false,
    add column members_may_create_keys  boolean not null default false,
    -- The sum of the children's caps stays within the parent's.
    add column strict_allocation        boolean not null default false;

-- Pages of teams by name. Teams are few thousand even for the largest tenants, so the lock that this takes is short.
create index team_by_alias on team (team_alias, team_id);

-- A private budget goes with its owner.
create index budget_of_owner on budget (owner_kind, owner_id) where owner_kind is not null;
