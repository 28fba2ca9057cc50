-- Object permissions of customers, the rest of what an object permission can be about, and the days of single tags.

alter table object_permission
    add column mcp_toolsets            text[],
    add column blocked_tools           text[],
    add column search_tools            text[],
    add column skills                  text[],
    add column mcp_tool_search_enabled boolean;

-- A new column holds nothing yet, so nothing has to be checked and writers do not wait for it.
alter table end_user add column object_permission_id text;
alter table end_user
    add constraint end_user_object_permission_id_fkey foreign key (object_permission_id) references object_permission not valid;
alter table end_user validate constraint end_user_object_permission_id_fkey;

-- Nothing is in it yet; customers are not written while the table is read once.
create index end_user_permission on end_user (object_permission_id) where object_permission_id is not null;

create or replace function touch_owners_of_permission() returns trigger
    language plpgsql as
$$
begin
    update organization set version = version where object_permission_id = old.object_permission_id;
    update team set version = version where object_permission_id = old.object_permission_id;
    update api_key set version = version where object_permission_id = old.object_permission_id;
    update app_user set version = version where object_permission_id = old.object_permission_id;
    update end_user set version = version where object_permission_id = old.object_permission_id;
    return null;
end
$$;

-- What an object permission says, as decisions read it; null where there is none.
create function object_permission_terms(permission text) returns jsonb
    language sql stable parallel safe as
$$
select to_jsonb(p) - '{object_permission_id, version, created_at, updated_at}'::text[]
from object_permission p
where p.object_permission_id = permission
$$;

-- Bookings wait while it is made: seconds at a million rows.
create index daily_usage_of_tag on daily_usage (tag, day) where tag <> '';
