-- The one budget for all may have budgets for single models, as every other scope.
alter table spend_total drop constraint spend_total_scope_kind_check;
alter table spend_total add constraint spend_total_scope_kind_check check (scope_kind in
    ('key', 'team_member', 'user', 'team', 'organization_member', 'organization', 'end_user', 'tag', 'global',
     'key_model', 'team_member_model', 'user_model', 'team_model', 'organization_member_model', 'organization_model',
     'end_user_model', 'tag_model', 'global_model')) not valid;
alter table spend_total validate constraint spend_total_scope_kind_check;
