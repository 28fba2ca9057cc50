-- Keys: secrets that outlive a rotation, a raise that ends by itself, and spend that is forgiven for one period.
-- The indexes at the end hold off writers of keys while they are built: seconds for a million keys.

alter table api_key
    -- Added to the cap, whatever its form, until the moment beside it.
    add column temp_budget_increase_nano bigint check (temp_budget_increase_nano >= 0),
    add column temp_budget_expires_at    timestamptz,
    add column rotation_count            integer not null default 0,
    add column last_rotation_at          timestamptz,
    add constraint api_key_temp_budget check ((temp_budget_increase_nano is null) = (temp_budget_expires_at is null));

-- Secrets that a rotation has replaced and that work until the end of their grace, by the clock. The next rotation clears away what
-- has ended; nothing has to run for it to be refused.
create table previous_key_secret
(
    secret_hash text primary key check (secret_hash ~ '^[0-9a-f]{64}$'),
    key_id      uuid        not null references api_key (key_id) on delete cascade,
    valid_until timestamptz not null,
    created_at  timestamptz not null default now()
);
create index previous_key_secret_of_key on previous_key_secret (key_id);

-- Every secret by which a key is known, and how long it is one. Null: as long as it is not rotated.
create view key_secret as
select secret_hash, key_id, null::timestamptz as valid_until from api_key
union all
select secret_hash, key_id, valid_until from previous_key_secret;

create function touch_key_of_secret() returns trigger
    language plpgsql as
$$
begin
    update api_key set version = version where key_id = case tg_op when 'DELETE' then old.key_id else new.key_id end;
    return null;
end
$$;
create trigger touch_by_previous_secret after insert or update or delete on previous_key_secret
    for each row execute function touch_key_of_secret();

-- A secret names one key, also while it is only in its grace. An after-trigger: the unique index has made us wait for whoever is just
-- giving the secret up, and so we see where it went.
create function refuse_secret_in_grace() returns trigger
    language plpgsql as
$$
begin
    if exists (select from previous_key_secret p where p.secret_hash = new.secret_hash) then
        raise unique_violation using
            message = 'duplicate key value violates unique constraint "api_key_secret_hash_key"',
            constraint = 'api_key_secret_hash_key', table = 'api_key';
    end if;
    return null;
end
$$;
create trigger secret_of_new_key after insert on api_key
    for each row execute function refuse_secret_in_grace();
create trigger secret_of_rotated_key after update of secret_hash on api_key
    for each row when (old.secret_hash is distinct from new.secret_hash) execute function refuse_secret_in_grace();

-- What was forgiven of a window's total. The ledger and its totals stay as they were booked: a check is against cap + forgiven, and what
-- is shown is total - forgiven. See docs/decisions/0008.
create table spend_adjustment
(
    scope_kind    text        not null check (scope_kind = 'key'),
    scope_id      text        not null,
    period        text        not null,
    period_start  timestamptz not null,
    period_end    timestamptz not null,
    forgiven_nano bigint      not null check (forgiven_nano >= 0),
    adjusted_at   timestamptz not null default now(),
    adjusted_by   text        not null,
    primary key (scope_kind, scope_id, period, period_start)
);

create function touch_key_of_adjustment() returns trigger
    language plpgsql as
$$
begin
    update api_key set version = version
    where key_id = (case tg_op when 'DELETE' then old.scope_id else new.scope_id end)::uuid;
    return null;
end
$$;
create trigger touch_by_adjustment after insert or update or delete on spend_adjustment
    for each row execute function touch_key_of_adjustment();

-- Forgives what a window's total is above the target, and returns what counted before. A target above that changes nothing: the caller
-- sees it by the answer. The lifetime row is the scope's lock (0003): no booking is between reading the total and writing.
create function reset_spend(kind text, id text, window_period text, window_start timestamptz, window_end timestamptz,
                            target_nano bigint, actor text) returns bigint
    language plpgsql as
$$
declare
    total    bigint;
    forgiven bigint;
begin
    insert into spend_total (scope_kind, scope_id, period, period_start, period_end)
    values (kind, id, 'lifetime', 'epoch', '9999-12-31 00:00:00+00') on conflict do nothing;
    perform from spend_total t
    where t.scope_kind = kind and t.scope_id = id and t.period = 'lifetime' for update;
    if window_period <> 'lifetime' then
        perform seed_total(kind, id, window_period, window_start, window_end);
    end if;
    select t.spend_nano into total from spend_total t
    where t.scope_kind = kind and t.scope_id = id and t.period = window_period and t.period_start = window_start;
    select coalesce(max(a.forgiven_nano), 0) into forgiven from spend_adjustment a
    where a.scope_kind = kind and a.scope_id = id and a.period = window_period and a.period_start = window_start;
    if target_nano <= total - forgiven then
        insert into spend_adjustment as a (scope_kind, scope_id, period, period_start, period_end, forgiven_nano, adjusted_by)
        values (kind, id, window_period, window_start, window_end, total - target_nano, actor)
        on conflict (scope_kind, scope_id, period, period_start) do update
            set forgiven_nano = excluded.forgiven_nano, adjusted_at = now(), adjusted_by = excluded.adjusted_by;
    end if;
    return total - forgiven;
end
$$;

-- Holds everything that keys are about to belong to, in the order in which all transactions lock: organizations, teams, users. Nobody
-- lowers their limits or deletes them until this transaction ends. Owners: [{user_id, team_id, organization_id}].
create function hold_key_parents(owners jsonb) returns void
    language plpgsql as
$$
declare
    teams         text[] := array(select a.team_id from jsonb_to_recordset(owners) as a(team_id text) where a.team_id is not null);
    organizations text[] := array(select coalesce(t.organization_id, a.organization_id)
                                  from jsonb_to_recordset(owners) as a(team_id text, organization_id text)
                                  left join team t on t.team_id = a.team_id);
begin
    perform from organization o where o.organization_id = any (organizations) order by o.organization_id for share;
    perform from team t where t.team_id = any (teams) order by t.team_id for share;
    if exists (select from team t where t.team_id = any (teams) and t.organization_id <> all (organizations)) then
        raise serialization_failure using message = 'a team has moved to another organization in the meantime';
    end if;
    perform from app_user u
    where u.user_id = any (array(select a.user_id from jsonb_to_recordset(owners) as a(user_id text)))
    order by u.user_id for share;
end
$$;

alter table deleted_api_key
    add column deleted_by_api_key uuid,
    add column on_behalf_of       text;
create index deleted_api_key_newest on deleted_api_key (deleted_at desc, key_id);
create index deleted_api_key_of_team on deleted_api_key (team_id, deleted_at desc, key_id);
create index deleted_api_key_of_user on deleted_api_key (user_id, deleted_at desc, key_id);
create index deleted_api_key_of_organization on deleted_api_key (organization_id, deleted_at desc, key_id);

-- One index for each way in which lists may be sorted, read forwards or backwards.
create index api_key_by_update on api_key (updated_at desc, key_id);
create index api_key_by_cap on api_key (max_budget_nano desc, key_id);
create index api_key_by_expiry on api_key (expires_at desc, key_id);
create index api_key_in_alias_order on api_key (key_alias desc nulls last, key_id);
create index api_key_of_creator on api_key (created_by, created_at desc, key_id);

-- Searching a part of an alias reads an index where the database has trigrams, and all aliases within reach where it has not.
do
$$
begin
    create extension if not exists pg_trgm;
    create index api_key_alias_parts on api_key using gin (lower(key_alias) gin_trgm_ops) where key_alias is not null;
exception
    when insufficient_privilege or undefined_file or feature_not_supported or undefined_object then
        raise notice 'pg_trgm is not available: searching parts of key aliases is slower';
end
$$;
