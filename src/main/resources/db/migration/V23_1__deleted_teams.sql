-- Teams that were deleted are read from the trail. Made beside the trail's writers, a step at a time; whatever step it stops at, it can be run again.
drop index concurrently if exists audit_log_deleted_teams;
create index concurrently audit_log_deleted_teams on audit_log (at desc, audit_id desc) where object_kind = 'team' and action = 'deleted';
drop index concurrently if exists audit_log_deleted_teams_of_organization;
create index concurrently audit_log_deleted_teams_of_organization on audit_log (organization_id, at desc, audit_id desc)
    where object_kind = 'team' and action = 'deleted';
drop index concurrently if exists audit_log_deleted_teams_by_member;
create index concurrently audit_log_deleted_teams_by_member on audit_log using gin ((before_value -> 'members_with_roles') jsonb_path_ops)
    where object_kind = 'team' and action = 'deleted';
drop index concurrently if exists audit_log_deleted_teams_by_alias;
create index concurrently audit_log_deleted_teams_by_alias on audit_log using gin (lower(before_value ->> 'team_alias') gin_trgm_ops)
    where object_kind = 'team' and action = 'deleted';
