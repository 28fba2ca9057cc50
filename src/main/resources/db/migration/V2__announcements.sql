-- A change is true everywhere at once: every change of a row that decides takes a new version and leaves an announcement in
-- the same transaction. Triggers do it, so no code path, job or operator's psql can forget. See docs/decisions/0002.

create table change_outbox
(
    outbox_id   bigint generated always as identity primary key,
    -- The transaction that made the change finds its own announcements by this.
    txid        xid8        not null default pg_current_xact_id(),
    object_kind text        not null,
    object_id   text        not null,
    version     bigint      not null,
    -- The tenant root under whose Redis hash tag the version lives.
    root_kind   text        not null check (root_kind in ('organization', 'team', 'user', 'key')),
    root_id     text        not null,
    created_at  timestamptz not null default now()
);
create index change_outbox_of_transaction on change_outbox (txid);

create type tenant_root as (kind text, id text);

-- The tenant root of a key: its organization (the own one, or its team's); without one its team, its user, itself.
create function tenant_root_of_key(k api_key) returns tenant_root
    language sql stable as
$$
select case
           when o.id is not null then row ('organization', o.id)::tenant_root
           when k.team_id is not null then row ('team', k.team_id)::tenant_root
           when k.user_id is not null then row ('user', k.user_id)::tenant_root
           else row ('key', k.key_id::text)::tenant_root end
from (select coalesce((select t.organization_id from team t where t.team_id = k.team_id), k.organization_id) as id) o
$$;

create function tenant_root_of_team(t team) returns tenant_root
    language sql immutable as
$$
select case
           when t.organization_id is not null then row ('organization', t.organization_id)::tenant_root
           else row ('team', t.team_id)::tenant_root end
$$;

create function announce(kind text, id text, version bigint, root tenant_root) returns void
    language sql as
$$
insert into change_outbox (object_kind, object_id, version, root_kind, root_id)
values (kind, id, version, root.kind, root.id)
$$;

-- The row's lock is held when a before-trigger runs, so the versions of one row only ever rise.
-- An update that changes nothing is a touch: something that this row's policy is built from has changed.
create function take_version() returns trigger
    language plpgsql as
$$
begin
    if new is distinct from old then
        new.updated_at := now();
    end if;
    new.version := nextval('change_version');
    return new;
end
$$;

create function announce_organization() returns trigger
    language plpgsql as
$$
begin
    perform announce('organization', old.organization_id,
                     case tg_op when 'DELETE' then nextval('change_version') else new.version end,
                     row ('organization', old.organization_id)::tenant_root);
    return null;
end
$$;

create function announce_team() returns trigger
    language plpgsql as
$$
begin
    if tg_op = 'DELETE' then
        perform announce('team', old.team_id, nextval('change_version'), tenant_root_of_team(old));
    else
        perform announce('team', old.team_id, new.version, tenant_root_of_team(old));
        if tenant_root_of_team(new) is distinct from tenant_root_of_team(old) then
            perform announce('team', new.team_id, new.version, tenant_root_of_team(new));
        end if;
    end if;
    return null;
end
$$;

create function announce_key() returns trigger
    language plpgsql as
$$
begin
    if tg_op = 'DELETE' then
        perform announce('key', old.key_id::text, nextval('change_version'), tenant_root_of_key(old));
    else
        perform announce('key', old.key_id::text, new.version, tenant_root_of_key(old));
        if tenant_root_of_key(new) is distinct from tenant_root_of_key(old) then
            perform announce('key', new.key_id::text, new.version, tenant_root_of_key(new));
        end if;
    end if;
    return null;
end
$$;

-- A policy is compared by three versions: key, team, organization. What else it is built from (user, memberships, budgets)
-- touches those of them that it belongs to.

create function touch_keys_of_user() returns trigger
    language plpgsql as
$$
begin
    update api_key set version = version where user_id = old.user_id;
    return null;
end
$$;

create function touch_keys_of_team_member() returns trigger
    language plpgsql as
$$
declare
    m team_membership := case tg_op when 'DELETE' then old else new end;
begin
    update api_key set version = version where user_id = m.user_id and team_id = m.team_id;
    return null;
end
$$;

create function touch_keys_of_organization_member() returns trigger
    language plpgsql as
$$
declare
    m organization_membership := case tg_op when 'DELETE' then old else new end;
begin
    update api_key set version = version where user_id = m.user_id;
    return null;
end
$$;

create function touch_users_of_budget() returns trigger
    language plpgsql as
$$
begin
    update organization set version = version where budget_id = old.budget_id;
    update team set version = version where member_budget_id = old.budget_id;
    update api_key set version = version
    where key_id in (select k.key_id from api_key k where k.budget_id = old.budget_id
                     union
                     select k.key_id from team_membership m join api_key k using (team_id, user_id) where m.budget_id = old.budget_id
                     union
                     select k.key_id from organization_membership m join api_key k using (user_id) where m.budget_id = old.budget_id);
    return null;
end
$$;

create function touch_owners_of_permission() returns trigger
    language plpgsql as
$$
begin
    update organization set version = version where object_permission_id = old.object_permission_id;
    update team set version = version where object_permission_id = old.object_permission_id;
    update api_key set version = version where object_permission_id = old.object_permission_id;
    update app_user set version = version where object_permission_id = old.object_permission_id;
    return null;
end
$$;

create trigger version_of_budget before update on budget for each row execute function take_version();
create trigger version_of_permission before update on object_permission for each row execute function take_version();
create trigger version_of_organization before update on organization for each row execute function take_version();
create trigger version_of_team before update on team for each row execute function take_version();
create trigger version_of_user before update on app_user for each row execute function take_version();
create trigger version_of_organization_membership before update on organization_membership for each row execute function take_version();
create trigger version_of_team_membership before update on team_membership for each row execute function take_version();
create trigger version_of_key before update on api_key for each row execute function take_version();

create trigger announcement_of_organization after update or delete on organization for each row execute function announce_organization();
create trigger announcement_of_team after update or delete on team for each row execute function announce_team();
create trigger announcement_of_key after update or delete on api_key for each row execute function announce_key();

create trigger touch_by_user after update on app_user for each row execute function touch_keys_of_user();
create trigger touch_by_team_membership after insert or update or delete on team_membership for each row execute function touch_keys_of_team_member();
create trigger touch_by_organization_membership after insert or update or delete on organization_membership for each row execute function touch_keys_of_organization_member();
create trigger touch_by_budget after update on budget for each row execute function touch_users_of_budget();
create trigger touch_by_permission after update on object_permission for each row execute function touch_owners_of_permission();
