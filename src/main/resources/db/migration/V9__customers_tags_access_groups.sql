-- Customers and tags, which carry limits through a budget; model access groups, which lists of models may name; and what makes a change
-- of each true everywhere at once.

-- What stands for an id in Redis names, where not every text can stand: the id itself if it can, else a hash of it. core.Ids has the same
-- rule. A hash begins with a tilde, an id never does.
create function id_in_names(id text) returns text
    language sql immutable parallel safe as
$$
select case
           when id ~ '^[A-Za-z0-9][A-Za-z0-9._@+|=~-]{0,254}$' then id
           else '~' || encode(sha256(convert_to(id, 'UTF8')), 'hex') end
$$;

alter table budget
    drop constraint budget_owner_kind_check,
    add constraint budget_owner_kind_check
        check (owner_kind in ('organization', 'organization_member', 'team_member', 'team_member_default', 'key', 'end_user', 'tag'));
create index budget_newest on budget (created_at desc, budget_id) where owner_kind is null;

alter table change_outbox
    drop constraint change_outbox_root_kind_check,
    add constraint change_outbox_root_kind_check
        check (root_kind in ('organization', 'team', 'user', 'key', 'end_user', 'tag'));

create table end_user
(
    end_user_id          text primary key check (length(end_user_id) between 1 and 255),
    alias                text,
    blocked              boolean     not null default false,
    allowed_model_region text check (allowed_model_region in ('eu', 'us')),
    default_model        text,
    budget_id            text references budget (budget_id),
    version              bigint      not null default nextval('change_version'),
    created_at           timestamptz not null default now(),
    created_by           text        not null,
    updated_at           timestamptz not null default now(),
    updated_by           text        not null
);
create index end_user_newest on end_user (created_at desc, end_user_id);
create index end_user_budget on end_user (budget_id) where budget_id is not null;

create table tag
(
    name        text primary key check (length(name) between 1 and 255),
    description text,
    budget_id   text references budget (budget_id),
    version     bigint      not null default nextval('change_version'),
    created_at  timestamptz not null default now(),
    created_by  text        not null,
    updated_at  timestamptz not null default now(),
    updated_by  text        not null
);
create index tag_newest on tag (created_at desc, name);
create index tag_budget on tag (budget_id) where budget_id is not null;

create table access_group
(
    access_group_id   text primary key check (length(access_group_id) between 1 and 255),
    access_group_name text        not null unique check (length(access_group_name) between 1 and 255),
    description       text,
    models            text[]      not null default '{}',
    version           bigint      not null default nextval('change_version'),
    created_at        timestamptz not null default now(),
    created_by        text        not null,
    updated_at        timestamptz not null default now(),
    updated_by        text        not null
);
create index access_group_newest on access_group (created_at desc, access_group_id);

alter table team add column access_group_ids text[] not null default '{}';
alter table api_key add column access_group_ids text[] not null default '{}';

-- Who is in a group, and whose list names it: asked by every change of a group, so it must not read whole tables.
create index team_access_groups on team using gin (access_group_ids) where access_group_ids <> '{}';
create index api_key_access_groups on api_key using gin (access_group_ids) where access_group_ids <> '{}';
create index organization_models on organization using gin (models) where models <> '{}';
create index team_models on team using gin (models) where models <> '{}';
create index app_user_models on app_user using gin (models) where models <> '{}';
create index team_membership_models on team_membership using gin (models) where models <> '{}';
create index api_key_models on api_key using gin (models) where models <> '{}';

-- A list of models with what the groups stand for that it names or that were assigned. An assigned group never opens a list that would be
-- empty without it: where nothing is granted, nothing is allowed.
create function models_with_groups(own_models text[], group_ids text[]) returns text[]
    language plpgsql stable as
$$
declare
    granted text[];
begin
    if coalesce(cardinality(own_models), 0) = 0 and coalesce(cardinality(group_ids), 0) = 0 then
        return '{}';
    end if;
    select array_agg(distinct m.model) into granted
    from access_group g, unnest(g.models) as m(model)
    where g.access_group_name = any (own_models) or g.access_group_id = any (group_ids);
    return coalesce(nullif(coalesce(own_models, '{}') || coalesce(granted, '{}'), '{}'), '{no-default-models}');
end
$$;

create trigger version_of_end_user before update on end_user for each row execute function take_version();
create trigger version_of_tag before update on tag for each row execute function take_version();
create trigger version_of_access_group before update on access_group for each row execute function take_version();

-- Customers and tags are roots of their own: a call may name any of them, whatever its key's tenant. An insert is announced too, since an
-- instance may remember that there was none.

create function announce_end_user() returns trigger
    language plpgsql as
$$
declare
    e end_user := case tg_op when 'DELETE' then old else new end;
begin
    perform announce('end_user', id_in_names(e.end_user_id),
                     case tg_op when 'DELETE' then nextval('change_version') else e.version end,
                     row ('end_user', id_in_names(e.end_user_id))::tenant_root);
    return null;
end
$$;

create function announce_tag() returns trigger
    language plpgsql as
$$
declare
    t tag := case tg_op when 'DELETE' then old else new end;
begin
    perform announce('tag', id_in_names(t.name),
                     case tg_op when 'DELETE' then nextval('change_version') else t.version end,
                     row ('tag', id_in_names(t.name))::tenant_root);
    return null;
end
$$;

create trigger announcement_of_end_user after insert or update or delete on end_user for each row execute function announce_end_user();
create trigger announcement_of_tag after insert or update or delete on tag for each row execute function announce_tag();

create function touch_customers_and_tags_of_budget() returns trigger
    language plpgsql as
$$
begin
    update end_user set version = version where budget_id = old.budget_id;
    update tag set version = version where budget_id = old.budget_id;
    return null;
end
$$;

create trigger touch_by_budget_customers_and_tags after update on budget
    for each row execute function touch_customers_and_tags_of_budget();

-- Locks all rows that a change of this budget will touch, in the order in which everybody takes locks, and the budget last. For update:
-- a row that is being linked to it holds the budget's key, so it is committed before the touching looks for it, or begins after.
create function lock_budget(wanted text) returns void
    language plpgsql as
$$
begin
    perform from organization where budget_id = wanted order by organization_id for no key update;
    perform from team where member_budget_id = wanted order by team_id for no key update;
    perform from api_key
    where key_id in (select k.key_id from api_key k where k.budget_id = wanted
                     union
                     select k.key_id from team_membership m join api_key k using (team_id, user_id) where m.budget_id = wanted
                     union
                     select k.key_id from organization_membership m join api_key k using (user_id) where m.budget_id = wanted)
    order by key_id for no key update;
    perform from end_user where budget_id = wanted order by end_user_id for no key update;
    perform from tag where budget_id = wanted order by name for no key update;
    perform from budget where budget_id = wanted for update;
end
$$;

-- A group and a list that names it may change at the same time, and neither would see the other. So lists are changed side by side, but
-- not beside a group.

create function keep_access_groups() returns trigger
    language plpgsql as
$$
begin
    perform pg_advisory_xact_lock_shared(hashtext('access_group'));
    return new;
end
$$;

create function claim_access_groups() returns trigger
    language plpgsql as
$$
begin
    perform pg_advisory_xact_lock(hashtext('access_group'));
    return null;
end
$$;

create trigger claim_access_groups before insert or update or delete on access_group for each statement execute function claim_access_groups();

create trigger new_models_of_organization before insert on organization
    for each row when (new.models <> '{}') execute function keep_access_groups();
create trigger models_of_organization before update of models on organization
    for each row when (new.models is distinct from old.models) execute function keep_access_groups();
create trigger new_models_of_team before insert on team
    for each row when (new.models <> '{}' or new.access_group_ids <> '{}') execute function keep_access_groups();
create trigger models_of_team before update of models, access_group_ids on team
    for each row when (new.models is distinct from old.models or new.access_group_ids is distinct from old.access_group_ids)
    execute function keep_access_groups();
create trigger new_models_of_user before insert on app_user
    for each row when (new.models <> '{}') execute function keep_access_groups();
create trigger models_of_user before update of models on app_user
    for each row when (new.models is distinct from old.models) execute function keep_access_groups();
create trigger new_models_of_team_membership before insert on team_membership
    for each row when (new.models <> '{}') execute function keep_access_groups();
create trigger models_of_team_membership before update of models on team_membership
    for each row when (new.models is distinct from old.models) execute function keep_access_groups();
create trigger new_models_of_key before insert on api_key
    for each row when (new.models <> '{}' or new.access_group_ids <> '{}') execute function keep_access_groups();
create trigger models_of_key before update of models, access_group_ids on api_key
    for each row when (new.models is distinct from old.models or new.access_group_ids is distinct from old.access_group_ids)
    execute function keep_access_groups();

-- A deleted group leaves the rows that it was assigned to. One that had nothing else is left with nothing, not with everything.
create function leave_access_group() returns trigger
    language plpgsql as
$$
begin
    update team
    set models           = case when models = '{}' and access_group_ids <@ array [old.access_group_id] then '{no-default-models}' else models end,
        access_group_ids = array_remove(access_group_ids, old.access_group_id)
    where access_group_ids @> array [old.access_group_id] and access_group_ids <> '{}';
    update api_key
    set models           = case when models = '{}' and access_group_ids <@ array [old.access_group_id] then '{no-default-models}' else models end,
        access_group_ids = array_remove(access_group_ids, old.access_group_id)
    where access_group_ids @> array [old.access_group_id] and access_group_ids <> '{}';
    return null;
end
$$;

create function touch_lists_with_access_group() returns trigger
    language plpgsql as
$$
declare
    id    text   := case tg_op when 'DELETE' then old.access_group_id else new.access_group_id end;
    names text[] := case tg_op
                        when 'INSERT' then array [new.access_group_name]
                        when 'DELETE' then array [old.access_group_name]
                        else array [old.access_group_name, new.access_group_name] end;
begin
    update organization set version = version where models && names and models <> '{}';
    update team set version = version
    where team_id in (select t.team_id from team t where t.models && names and t.models <> '{}'
                      union
                      select t.team_id from team t where t.access_group_ids @> array [id] and t.access_group_ids <> '{}');
    update app_user set version = version where models && names and models <> '{}';
    update team_membership set version = version where models && names and models <> '{}';
    update api_key set version = version
    where key_id in (select k.key_id from api_key k where k.models && names and k.models <> '{}'
                     union
                     select k.key_id from api_key k where k.access_group_ids @> array [id] and k.access_group_ids <> '{}');
    return null;
end
$$;

create trigger leave_by_access_group after delete on access_group for each row execute function leave_access_group();
create trigger touch_by_access_group after insert or update or delete on access_group for each row execute function touch_lists_with_access_group();
