-- Every kind of limit: several windows per scope, budgets in tokens and requests, per model, for end users and tags, carried over, adjusted.

-- What a limit can say beyond the columns: a published format, see tenancy.FurtherLimits. Null says nothing.
alter table budget add column further_limits jsonb;
alter table team add column further_limits jsonb;
alter table app_user add column further_limits jsonb;
alter table api_key add column further_limits jsonb;

alter table spend_total drop constraint spend_total_scope_kind_check;
alter table spend_total add constraint spend_total_scope_kind_check check (scope_kind in
    ('key', 'team_member', 'user', 'team', 'organization_member', 'organization', 'end_user', 'tag', 'global',
     'key_model', 'team_member_model', 'user_model', 'team_model', 'organization_member_model', 'organization_model',
     'end_user_model', 'tag_model')) not valid;
alter table spend_total
    add column total_tokens bigint not null default 0,
    -- Begins anew when an adjustment lowers the total, so that older figures are told from it wherever they were copied to.
    add column epoch        bigint not null default 0,
    -- Unused budget of the window before. Null until it was decided; what is left of a cap is cap + carried - spend.
    add column carried_nano bigint;
update spend_total set total_tokens = input_tokens + output_tokens;

-- The model as it was admitted, where the settlement names another one: budgets per model count by it.
alter table usage_event add column admitted_model text;
create index usage_event_of_end_user on usage_event (end_user, admitted_at desc) where end_user is not null;
create index usage_event_of_tags on usage_event using gin (tags) where tags <> '{}';

-- What the ledger holds for a scope between two instants. One statement per kind of scope, so that each has its index.
create function ledger_sum(kind text, id text, from_at timestamptz, to_at timestamptz,
                           out spend bigint, out requests bigint, out input bigint, out output bigint, out total bigint)
    language plpgsql stable as
$$
declare
    scope     text := regexp_replace(kind, '_model$', '');
    -- a model's name may hold slashes, an id cannot; members have one in their own
    parts     text[] := string_to_array(id, '/');
    depth     int := case when scope in ('team_member', 'organization_member') then 2 else 1 end;
    model     text := case when kind <> scope then array_to_string(parts[depth + 1:], '/') end;
    named     text := array_to_string(parts[1:depth], '/');
    condition text := case scope
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
    -- names of end users and tags are the callers' own and may hold anything
    if scope in ('end_user', 'tag', 'global') and kind = scope then
        named := id;
    end if;
    execute 'select coalesce(sum(e.cost_nano), 0), count(*) filter (where e.entry_kind = ''use''), coalesce(sum(e.input_tokens), 0), coalesce(sum(e.output_tokens), 0),
                    coalesce(sum(e.total_tokens), 0)
             from usage_event e
             where e.day between ($2 at time zone ''UTC'')::date and ($3 at time zone ''UTC'')::date
               and e.admitted_at >= $2 and e.admitted_at < $3 and ' || condition ||
            case when model is null then '' else ' and coalesce(e.admitted_model, e.model) = $4' end
        into spend, requests, input, output, total using named, from_at, to_at, model;
end
$$;

drop function seed_total(text, text, text, timestamptz, timestamptz);

-- Makes the total of a window from the ledger, if it is not there yet, and returns it: nano-dollars without what was carried in, tokens,
-- requests, epoch. Holding the scope's lifetime row keeps bookings out: what they booked before is in the sum, what they book later is
-- added to the row. A model's windows are under the lock of the scope that they belong to.
--   carry_most: how much unused budget may be carried into the window, null for none; of window_cap, since previous_start
create function seed_total(kind text, id text, window_period text, window_start timestamptz, window_end timestamptz,
                           carry_most bigint default null, window_cap bigint default null, previous_start timestamptz default null,
                           out spend bigint, out tokens bigint, out requests bigint, out epoch bigint)
    language plpgsql as
$$
declare
    owner_kind text := regexp_replace(kind, '_model$', '');
    owner_id   text := case
                           when kind = owner_kind then id
                           when owner_kind in ('team_member', 'organization_member')
                               then split_part(id, '/', 1) || '/' || split_part(id, '/', 2)
                           else split_part(id, '/', 1) end;
    sums       record;
    before     bigint;
begin
    select t.spend_nano - coalesce(t.carried_nano, 0), t.total_tokens, t.requests, t.epoch into spend, tokens, requests, epoch
    from spend_total t
    where t.scope_kind = kind and t.scope_id = id and t.period = window_period and t.period_start = window_start
      and (carry_most is null or t.carried_nano is not null);
    if found then
        return;
    end if;
    insert into spend_total (scope_kind, scope_id, period, period_start, period_end)
    values (owner_kind, owner_id, 'lifetime', 'epoch', '9999-12-31 00:00:00+00') on conflict do nothing;
    perform from spend_total t
    where t.scope_kind = owner_kind and t.scope_id = owner_id and t.period = 'lifetime' for update;
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

-- As before (V4), and: total tokens, the admitted model, and all windows of the models that a scope has budgets for.
create or replace function book_usage(events jsonb) returns jsonb
    language plpgsql as
$$
declare
    fresh  int[];
    scope  record;
    answer jsonb;
begin
    with e as (select *
               from jsonb_to_recordset(events) as e(n int, day date, request_id text, key_id uuid, api_key text, key_alias text,
                                                    user_id text, team_id text, team_alias text, organization_id text,
                                                    end_user text, model text, admitted_model text, provider text, input_tokens bigint,
                                                    output_tokens bigint, total_tokens bigint, cost_nano bigint, status text,
                                                    partial boolean, tags text[], admitted_at timestamptz)),
         added as (
             insert into usage_event (day, request_id, key_id, api_key, key_alias, user_id, team_id, team_alias, organization_id,
                                      end_user, model, admitted_model, provider, input_tokens, output_tokens, total_tokens, cost_nano,
                                      status, partial, tags, admitted_at)
             select e.day, e.request_id, e.key_id, e.api_key, e.key_alias, e.user_id, e.team_id, e.team_alias, e.organization_id,
                    e.end_user, e.model, nullif(e.admitted_model, e.model), e.provider, e.input_tokens, e.output_tokens, e.total_tokens,
                    e.cost_nano, e.status, e.partial, e.tags, e.admitted_at
             from e order by e.request_id, e.day, e.n
             on conflict do nothing
             returning request_id, day)
    select coalesce(array_agg(first.n), '{}') into fresh
    from (select min(e.n) as n from e join added using (request_id, day) group by request_id, day) first;

    -- First the lifetime rows: they are the locks of their scopes, and the next statement sees what others committed before.
    insert into spend_total as t (scope_kind, scope_id, period, period_start, period_end, spend_nano, requests, input_tokens,
                                  output_tokens, total_tokens)
    select s.kind, s.id, 'lifetime', 'epoch', '9999-12-31 00:00:00+00',
           sum(e.cost_nano), count(*), sum(e.input_tokens), sum(e.output_tokens), sum(e.total_tokens)
    from jsonb_to_recordset(events) as e(n int, cost_nano bigint, input_tokens bigint, output_tokens bigint, total_tokens bigint, scopes jsonb),
         jsonb_to_recordset(e.scopes) as s(kind text, id text, period text)
    where e.n = any (fresh) and s.period is null
    group by s.kind, s.id
    order by s.kind, s.id
    on conflict (scope_kind, scope_id, period, period_start) do update
        set spend_nano    = t.spend_nano + excluded.spend_nano,
            requests      = t.requests + excluded.requests,
            input_tokens  = t.input_tokens + excluded.input_tokens,
            output_tokens = t.output_tokens + excluded.output_tokens,
            total_tokens  = t.total_tokens + excluded.total_tokens;

    -- Every window of a scope that covers the admission, also one that was configured in the meantime; and those of its model.
    update spend_total t
    set spend_nano    = t.spend_nano + d.spend_nano,
        requests      = t.requests + d.requests,
        input_tokens  = t.input_tokens + d.input_tokens,
        output_tokens = t.output_tokens + d.output_tokens,
        total_tokens  = t.total_tokens + d.total_tokens
    from (select w.scope_kind, w.scope_id, w.period, w.period_start,
                 sum(e.cost_nano) as spend_nano, count(*) as requests, sum(e.input_tokens) as input_tokens,
                 sum(e.output_tokens) as output_tokens, sum(e.total_tokens) as total_tokens
          from jsonb_to_recordset(events) as e(n int, cost_nano bigint, input_tokens bigint, output_tokens bigint, total_tokens bigint,
                                               model text, admitted_model text, admitted_at timestamptz, scopes jsonb)
               cross join lateral jsonb_to_recordset(e.scopes) as s(kind text, id text, period text)
               cross join lateral (values (s.kind, s.id, false),
                                          (s.kind || '_model', s.id || '/' || coalesce(e.admitted_model, e.model), true)) as c(kind, id, per_model)
               join spend_total w on w.scope_kind = c.kind and w.scope_id = c.id
          where e.n = any (fresh) and s.period is null
            and (w.period <> 'lifetime' or c.per_model)
            and w.period_start <= e.admitted_at and e.admitted_at < w.period_end
          group by w.scope_kind, w.scope_id, w.period, w.period_start) d
    where t.scope_kind = d.scope_kind and t.scope_id = d.scope_id and t.period = d.period and t.period_start = d.period_start;

    -- Windows that are named and not there yet are summed up from the ledger, these events included.
    for scope in
        select distinct s.kind, s.id, s.period, s.starts, s.ends
        from jsonb_to_recordset(events) as e(n int, scopes jsonb),
             jsonb_to_recordset(e.scopes) as s(kind text, id text, period text, starts timestamptz, ends timestamptz)
        where e.n = any (fresh) and s.period is not null
          and not exists (select from spend_total t
                          where t.scope_kind = s.kind and t.scope_id = s.id and t.period = s.period and t.period_start = s.starts)
        order by s.kind, s.id, s.period, s.starts
        loop
            perform seed_total(scope.kind, scope.id, scope.period, scope.starts, scope.ends);
        end loop;

    insert into daily_usage as t (day, organization_id, team_id, user_id, key_id, model, provider, tag,
                                  requests, failed_requests, input_tokens, output_tokens, spend_nano)
    select e.day, coalesce(e.organization_id, ''), coalesce(e.team_id, ''), coalesce(e.user_id, ''), e.key_id, e.model,
           e.provider, g.tag,
           count(*), count(*) filter (where e.status = 'failure'), sum(e.input_tokens), sum(e.output_tokens), sum(e.cost_nano)
    from jsonb_to_recordset(events) as e(n int, day date, organization_id text, team_id text, user_id text, key_id text,
                                         model text, provider text, status text, input_tokens bigint, output_tokens bigint,
                                         cost_nano bigint, tags text[]),
         unnest(array_prepend('', e.tags)) as g(tag)
    where e.n = any (fresh)
    group by 1, 2, 3, 4, 5, 6, 7, 8
    order by 1, 2, 3, 4, 5, 6, 7, 8
    on conflict (day, organization_id, team_id, user_id, key_id, model, provider, tag) do update
        set requests        = t.requests + excluded.requests,
            failed_requests = t.failed_requests + excluded.failed_requests,
            input_tokens    = t.input_tokens + excluded.input_tokens,
            output_tokens   = t.output_tokens + excluded.output_tokens,
            spend_nano      = t.spend_nano + excluded.spend_nano;

    select jsonb_build_object(
        'first', (select coalesce(jsonb_agg(jsonb_build_object(
                             'n', e.n, 'model', u.model, 'input_tokens', u.input_tokens, 'output_tokens', u.output_tokens,
                             'total_tokens', u.total_tokens, 'cost_nano', u.cost_nano, 'status', u.status,
                             'partial', u.partial, 'settled_at', u.settled_at)), '[]')
                  from jsonb_to_recordset(events) as e(n int, request_id text, day date)
                  join usage_event u on u.request_id = e.request_id and u.day = e.day),
        'fresh', to_jsonb(fresh),
        'totals', (select coalesce(jsonb_agg(jsonb_build_array(t.scope_kind, t.scope_id, t.period,
                                                               extract(epoch from t.period_start)::bigint,
                                                               t.spend_nano - coalesce(t.carried_nano, 0), t.total_tokens,
                                                               t.requests, t.epoch)), '[]')
                   from spend_total t
                   join (select distinct s.kind, s.id, coalesce(s.period, 'lifetime') as period, coalesce(s.starts, 'epoch') as starts
                         from jsonb_to_recordset(events) as e(scopes jsonb),
                              jsonb_to_recordset(e.scopes) as s(kind text, id text, period text, starts timestamptz)) s
                       on t.scope_kind = s.kind and t.scope_id = s.id and t.period = s.period and t.period_start = s.starts))
    into answer;
    return answer;
end
$$;

-- Customers without a row may have a default budget, and all requests a common one: a change of a shared budget is announced for itself too.
alter table change_outbox
    drop constraint change_outbox_root_kind_check,
    add constraint change_outbox_root_kind_check
        check (root_kind in ('organization', 'team', 'user', 'key', 'end_user', 'tag', 'budget')) not valid;

create function announce_budget() returns trigger
    language plpgsql as
$$
begin
    if old.owner_kind is null then
        perform announce('budget', old.budget_id, case tg_op when 'DELETE' then nextval('change_version') else new.version end,
                         row ('budget', old.budget_id)::tenant_root);
    end if;
    return null;
end
$$;
create trigger announcement_of_budget after update or delete on budget for each row execute function announce_budget();
