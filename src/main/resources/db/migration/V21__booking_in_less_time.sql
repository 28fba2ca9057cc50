-- Booking as before (V13), in less time: events and their scopes are unfolded once, windows are looked for once a scope and not once a use, models' windows
-- only where there are any, and of what the caller knows or has no use for nothing is sent back. Read by releases before this one too: without
-- "brief" and "wanted" in the events the answer is what it was.
create or replace function book_usage(events jsonb) returns jsonb
    language plpgsql as
$$
declare
    fresh     int[];
    -- One entry for each scope of each event: the event, and the scope. Windows that are named have a period.
    s_event   int[];
    s_kind    text[];
    s_id      text[];
    s_period  text[];
    s_start   timestamptz[];
    s_end     timestamptz[];
    s_wanted  boolean[];
    modelled  text[];
    scope     record;
    answer    jsonb;
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

    select array_agg(e.n), array_agg(s.kind), array_agg(s.id), array_agg(s.period), array_agg(s.starts), array_agg(s.ends),
           array_agg(coalesce(s.wanted, true))
    into s_event, s_kind, s_id, s_period, s_start, s_end, s_wanted
    from jsonb_to_recordset(events) as e(n int, scopes jsonb),
         jsonb_to_recordset(e.scopes) as s(kind text, id text, period text, starts timestamptz, ends timestamptz, wanted boolean);

    -- First the lifetime rows: they are the locks of their scopes, and the next statement sees what others committed before.
    insert into spend_total as t (scope_kind, scope_id, period, period_start, period_end, spend_nano, requests, input_tokens,
                                  output_tokens, total_tokens)
    select s.kind, s.id, 'lifetime', 'epoch', '9999-12-31 00:00:00+00',
           sum(e.cost_nano), count(*), sum(e.input_tokens), sum(e.output_tokens), sum(e.total_tokens)
    from jsonb_to_recordset(events) as e(n int, cost_nano bigint, input_tokens bigint, output_tokens bigint, total_tokens bigint)
         join unnest(s_event, s_kind, s_id, s_period) as s(event, kind, id, period) on s.event = e.n
    where e.n = any (fresh) and s.period is null
    group by s.kind, s.id
    order by s.kind, s.id
    on conflict (scope_kind, scope_id, period, period_start) do update
        set spend_nano    = t.spend_nano + excluded.spend_nano,
            requests      = t.requests + excluded.requests,
            input_tokens  = t.input_tokens + excluded.input_tokens,
            output_tokens = t.output_tokens + excluded.output_tokens,
            total_tokens  = t.total_tokens + excluded.total_tokens;

    -- Hardly anybody has budgets for single models: one look for each kind of scope instead of one for each scope.
    modelled := array(select k.kind from (select distinct kind || '_model' as kind from unnest(s_kind) kind) k
                      where exists (select from spend_total t where t.scope_kind = k.kind));

    -- Every window of a scope that covers the admission, also one that was configured in the meantime; and those of its model.
    with w as materialized (
        select c.kind, c.id, c.model, w.period, w.period_start, w.period_end, w.scope_kind, w.scope_id
        from (select distinct s.kind, s.id, null as model from unnest(s_kind, s_id, s_period) as s(kind, id, period) where s.period is null
              union all
              select distinct s.kind, s.id, coalesce(e.admitted_model, e.model)
              from unnest(s_event, s_kind, s_id, s_period) as s(event, kind, id, period)
                   join jsonb_to_recordset(events) as e(n int, model text, admitted_model text) on e.n = s.event
              where s.period is null and s.kind || '_model' = any (modelled)) c
             cross join lateral (
                 select w.* from spend_total w
                 where c.model is null and w.scope_kind = c.kind and w.scope_id = c.id and w.period < 'lifetime'
                 union all
                 select w.* from spend_total w
                 where c.model is null and w.scope_kind = c.kind and w.scope_id = c.id and w.period > 'lifetime'
                 union all
                 select w.* from spend_total w
                 where c.model is not null and w.scope_kind = c.kind || '_model' and w.scope_id = c.id || '/' || c.model) w)
    update spend_total t
    set spend_nano    = t.spend_nano + d.spend_nano,
        requests      = t.requests + d.requests,
        input_tokens  = t.input_tokens + d.input_tokens,
        output_tokens = t.output_tokens + d.output_tokens,
        total_tokens  = t.total_tokens + d.total_tokens
    from (select w.scope_kind, w.scope_id, w.period, w.period_start,
                 sum(e.cost_nano) as spend_nano, count(*) as requests, sum(e.input_tokens) as input_tokens,
                 sum(e.output_tokens) as output_tokens, sum(e.total_tokens) as total_tokens
          from w
               join unnest(s_event, s_kind, s_id, s_period) as s(event, kind, id, period)
                   on s.kind = w.kind and s.id = w.id and s.period is null
               join jsonb_to_recordset(events) as e(n int, cost_nano bigint, input_tokens bigint, output_tokens bigint, total_tokens bigint,
                                                    model text, admitted_model text, admitted_at timestamptz)
                   on e.n = s.event and (w.model is null or w.model = coalesce(e.admitted_model, e.model))
          where e.n = any (fresh) and w.period_start <= e.admitted_at and e.admitted_at < w.period_end
          group by w.scope_kind, w.scope_id, w.period, w.period_start) d
    where t.scope_kind = d.scope_kind and t.scope_id = d.scope_id and t.period = d.period and t.period_start = d.period_start;

    -- Windows that are named and not there yet are summed up from the ledger, these events included.
    for scope in
        select distinct s.kind, s.id, s.period, s.starts, s.ends
        from unnest(s_event, s_kind, s_id, s_period, s_start, s_end) as s(event, kind, id, period, starts, ends)
        where s.event = any (fresh) and s.period is not null
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
                  from jsonb_to_recordset(events) as e(n int, request_id text, day date, brief boolean)
                  join usage_event u on u.request_id = e.request_id and u.day = e.day
                  where e.brief is not true or e.n <> all (fresh)),
        'fresh', to_jsonb(fresh),
        'settled_at', now(),
        'totals', (select coalesce(jsonb_agg(jsonb_build_array(t.scope_kind, t.scope_id, t.period,
                                                               extract(epoch from t.period_start)::bigint,
                                                               t.spend_nano - coalesce(t.carried_nano, 0), t.total_tokens,
                                                               t.requests, t.epoch)), '[]')
                   from (select distinct s.kind, s.id, coalesce(s.period, 'lifetime') as period, coalesce(s.starts, 'epoch') as starts
                         from unnest(s_kind, s_id, s_period, s_start, s_wanted) as s(kind, id, period, starts, wanted)
                         where s.wanted) s
                   join spend_total t
                       on t.scope_kind = s.kind and t.scope_id = s.id and t.period = s.period and t.period_start = s.starts))
    into answer;
    return answer;
end
$$;
