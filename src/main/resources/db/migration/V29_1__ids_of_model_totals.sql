-- A total of one model has the id of its scope, a slash, and the model. Names of customers and tags are the callers' own and may hold slashes; so do
-- models. Slashes in such a name are written %2F here, and percent signs %25, so that each id is read in one way only.

create or replace function id_of_model_total(kind text, id text, model text) returns text
    language sql immutable parallel safe as
$$
select case when kind in ('end_user', 'tag') then replace(replace(id, '%', '%25'), '/', '%2F') else id end || '/' || model
$$;

-- The way back: whose total it is, and of which model; null for all.
create function scope_of_total(kind text, id text, out scope_kind text, out scope_id text, out model text)
    language plpgsql immutable parallel safe as
$$
declare
    parts text[];
    depth int;
begin
    scope_kind := regexp_replace(kind, '_model$', '');
    scope_id := id;
    if scope_kind <> kind then
        parts := string_to_array(id, '/');
        depth := case when scope_kind in ('team_member', 'organization_member') then 2 else 1 end; -- members have two ids
        scope_id := array_to_string(parts[1:depth], '/');
        model := array_to_string(parts[depth + 1:], '/');
        if scope_kind in ('end_user', 'tag') then
            scope_id := replace(replace(scope_id, '%2F', '/'), '%25', '%');
        end if;
    end if;
end
$$;

-- What the ledger holds for a scope between two instants. One statement per kind of scope, so that each has its index.
create or replace function ledger_sum(kind text, id text, from_at timestamptz, to_at timestamptz,
                           out spend bigint, out requests bigint, out input bigint, out output bigint, out total bigint)
    language plpgsql stable as
$$
declare
    owner     record := scope_of_total(kind, id);
    condition text := case owner.scope_kind
                          when 'key' then 'e.key_id = $1::uuid'
                          when 'user' then 'e.user_id = $1'
                          when 'team' then 'e.team_id = $1'
                          when 'organization' then 'e.organization_id = $1'
                          when 'team_member' then 'e.team_id = split_part($1, ''/'', 1) and e.user_id = split_part($1, ''/'', 2)'
                          when 'organization_member' then 'e.organization_id = split_part($1, ''/'', 1) and e.user_id = split_part($1, ''/'', 2)'
                          when 'tag' then 'e.tags <> ''{}'' and e.tags @> array[$1]'
                          when 'end_user' then 'e.end_user = $1'
                          else '$1 is not null' end;
begin
    execute 'select coalesce(sum(e.cost_nano), 0), count(*) filter (where e.entry_kind = ''use''), coalesce(sum(e.input_tokens), 0), coalesce(sum(e.output_tokens), 0),
                    coalesce(sum(e.total_tokens), 0)
             from usage_event e
             where e.day between ($2 at time zone ''UTC'')::date and ($3 at time zone ''UTC'')::date
               and e.admitted_at >= $2 and e.admitted_at < $3 and ' || condition ||
            case when owner.model is null then '' else ' and coalesce(e.admitted_model, e.model) = $4' end
        into spend, requests, input, output, total using owner.scope_id, from_at, to_at, owner.model;
end
$$;

-- Makes the total of a window from the ledger, if it is not there yet, and returns it: nano-dollars without what was carried in, tokens,
-- requests, epoch. Holding the scope's lifetime row keeps bookings out: what they booked before is in the sum, what they book later is
-- added to the row. A model's windows are under the lock of the scope that they belong to.
--   carry_most: how much unused budget may be carried into the window, null for none; of window_cap, since previous_start
create or replace function seed_total(kind text, id text, window_period text, window_start timestamptz, window_end timestamptz,
                           carry_most bigint default null, window_cap bigint default null, previous_start timestamptz default null,
                           out spend bigint, out tokens bigint, out requests bigint, out epoch bigint)
    language plpgsql as
$$
declare
    owner  record := scope_of_total(kind, id);
    sums   record;
    before bigint;
begin
    select t.spend_nano - coalesce(t.carried_nano, 0), t.total_tokens, t.requests, t.epoch into spend, tokens, requests, epoch
    from spend_total t
    where t.scope_kind = kind and t.scope_id = id and t.period = window_period and t.period_start = window_start
      and (carry_most is null or t.carried_nano is not null);
    if found then
        return;
    end if;
    insert into spend_total (scope_kind, scope_id, period, period_start, period_end)
    values (owner.scope_kind, owner.scope_id, 'lifetime', 'epoch', '9999-12-31 00:00:00+00') on conflict do nothing;
    perform from spend_total t
    where t.scope_kind = owner.scope_kind and t.scope_id = owner.scope_id and t.period = 'lifetime' for update;
    -- Lifetime totals of scopes are kept from the first booking on; all others are summed up when they are first asked for.
    if not exists (select from spend_total t
                   where t.scope_kind = kind and t.scope_id = id and t.period = window_period and t.period_start = window_start) then
        sums := ledger_sum(kind, id, window_start, window_end);
        insert into spend_total (scope_kind, scope_id, period, period_start, period_end, spend_nano, requests, input_tokens, output_tokens,
                                 total_tokens)
        values (kind, id, window_period, window_start, window_end, sums.spend, sums.requests, sums.input, sums.output, sums.total);
    end if;
    if carry_most is not null then
        select t.spend_nano - coalesce(t.carried_nano, 0) into before
        from spend_total t
        where t.scope_kind = kind and t.scope_id = id and t.period = window_period and t.period_start = previous_start;
        before := coalesce(before, (ledger_sum(kind, id, previous_start, window_start)).spend);
        update spend_total t set carried_nano = least(carry_most, greatest(0, window_cap - before))
        where t.scope_kind = kind and t.scope_id = id and t.period = window_period and t.period_start = window_start
          and t.carried_nano is null;
    end if;
    select t.spend_nano - coalesce(t.carried_nano, 0), t.total_tokens, t.requests, t.epoch into spend, tokens, requests, epoch
    from spend_total t
    where t.scope_kind = kind and t.scope_id = id and t.period = window_period and t.period_start = window_start;
end
$$;

-- Adds to the lifetime and to every window that covers the moment, those of the model included. First the lifetime rows: they are the
-- locks of their scopes, and the next statement sees what others committed before. Windows that are named and not there yet are summed up
-- from the ledger. A total that is lowered begins its next epoch (V13), so that a higher figure that arrives late is told from it.
create or replace function add_to_totals(scopes jsonb, moment timestamptz, model text, cost bigint, input bigint, output bigint, tokens bigint)
    returns void
    language plpgsql as
$$
declare
    scope record;
    epochs int := (cost < 0)::int;
begin
    insert into spend_total as t (scope_kind, scope_id, period, period_start, period_end, spend_nano, requests, input_tokens,
                                  output_tokens, total_tokens, epoch)
    select s.kind, s.id, 'lifetime', 'epoch', '9999-12-31 00:00:00+00', cost, 0, input, output, tokens, epochs
    from jsonb_to_recordset(scopes) as s(kind text, id text, period text)
    where s.period is null
    order by s.kind, s.id
    on conflict (scope_kind, scope_id, period, period_start) do update
        set spend_nano    = t.spend_nano + excluded.spend_nano,
            input_tokens  = t.input_tokens + excluded.input_tokens,
            output_tokens = t.output_tokens + excluded.output_tokens,
            total_tokens  = t.total_tokens + excluded.total_tokens,
            epoch         = t.epoch + excluded.epoch;
    update spend_total t
    set spend_nano    = t.spend_nano + cost,
        input_tokens  = t.input_tokens + input,
        output_tokens = t.output_tokens + output,
        total_tokens  = t.total_tokens + tokens,
        epoch         = t.epoch + epochs
    from jsonb_to_recordset(scopes) as s(kind text, id text, period text)
         cross join lateral (values (s.kind, s.id, false), (s.kind || '_model', id_of_model_total(s.kind, s.id, model), true)) as c(kind, id, per_model)
    where s.period is null and t.scope_kind = c.kind and t.scope_id = c.id and (t.period <> 'lifetime' or c.per_model)
      and t.period_start <= moment and moment < t.period_end;
    for scope in
        select s.kind, s.id, s.period, s.starts, s.ends
        from jsonb_to_recordset(scopes) as s(kind text, id text, period text, starts timestamptz, ends timestamptz)
        where s.period is not null
        order by s.kind, s.id, s.period, s.starts
        loop
            perform seed_total(scope.kind, scope.id, scope.period, scope.starts, scope.ends);
        end loop;
end
$$;

-- What is there: an id that was made of a name with a slash or a percent sign may mean several names, each with a model. Those that the ledger has uses of
-- are read from it again, each in an epoch of its own, so that Redis believes them; no booking comes in between. All other totals stay as they are.
lock table spend_total in share row exclusive mode;
create table model_total_again as
select t.scope_kind, t.scope_id, t.period, t.period_start, t.period_end, t.epoch, t.carried_nano, n.name, i.new_id, s.*
from spend_total t
     cross join lateral (select left(t.scope_id, at - 1) as name, substr(t.scope_id, at + 1) as model
                         from generate_series(2, length(t.scope_id) - 1) at
                         where substr(t.scope_id, at, 1) = '/') n
     cross join lateral (select id_of_model_total(regexp_replace(t.scope_kind, '_model$', ''), n.name, n.model) as new_id) i
     cross join lateral ledger_sum(t.scope_kind, i.new_id, t.period_start, t.period_end) s
where t.scope_kind in ('end_user_model', 'tag_model') and t.scope_id ~ '/.*/|%.*/' and (s.requests > 0 or s.spend <> 0);
delete from model_total_again r
where not exists (select from model_total_again m
                  where m.scope_kind = r.scope_kind and m.scope_id = r.scope_id and m.period = r.period and m.period_start = r.period_start
                    and m.name ~ '[/%]');
delete from spend_total t using model_total_again r
where t.scope_kind = r.scope_kind and t.scope_id = r.scope_id and t.period = r.period and t.period_start = r.period_start;
insert into spend_total (scope_kind, scope_id, period, period_start, period_end, spend_nano, requests, input_tokens, output_tokens, total_tokens, epoch,
                         carried_nano)
select scope_kind, new_id, period, period_start, period_end, spend, requests, input, output, total, epoch + 1, carried_nano
from model_total_again
on conflict (scope_kind, scope_id, period, period_start) do update
    set spend_nano    = excluded.spend_nano,
        requests      = excluded.requests,
        input_tokens  = excluded.input_tokens,
        output_tokens = excluded.output_tokens,
        total_tokens  = excluded.total_tokens,
        epoch         = excluded.epoch,
        carried_nano  = excluded.carried_nano;
drop table model_total_again;
