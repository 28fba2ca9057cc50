-- What a member of a team has spent can be forgiven as a key's is, see docs/decisions/0008. A member's scope is named team/user, as in the totals.
alter table spend_adjustment drop constraint spend_adjustment_scope_kind_check;
alter table spend_adjustment add constraint spend_adjustment_scope_kind_check check (scope_kind in ('key', 'team_member'));

create or replace function touch_key_of_adjustment() returns trigger
    language plpgsql as
$$
declare
    a spend_adjustment := case tg_op when 'DELETE' then old else new end;
begin
    if a.scope_kind = 'key' then
        update api_key set version = version where key_id = a.scope_id::uuid;
    else
        update api_key set version = version
        where team_id = split_part(a.scope_id, '/', 1) and user_id = split_part(a.scope_id, '/', 2);
    end if;
    return null;
end
$$;
