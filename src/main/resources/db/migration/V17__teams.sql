-- The models of a member that is added to a team without any of its own.
alter table team add column default_member_models text[] not null default '{}';
