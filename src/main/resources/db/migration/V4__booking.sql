-- How settled use gets into the ledger: one call, one transaction, whatever the number of events.

-- Makes the total of a window from the ledger, if it is not there yet, and returns it in nano-dollars.
-- Holding the scope's lifetime row keeps bookings out: what they booked before is in the sum, what they book later is added to the row.
create function seed_total(kind text, id text, window_period text, window_start timestamptz, window_end timestamptz) returns bigint
    language plpgsql as
$$
declare
    total bigint;
begin
    select t.spend_nano into total from spend_total t
    where t.scope_kind = kind and t.scope_id = id and t.period = window_period and t.period_start = window_start;
    if found then
        return total;
    end if;
    insert into spend_total (scope_kind, scope_id, period, period_start, period_end)
    values (kind, id, 'lifetime', 'epoch', '9999-12-31 00:00:00+00') on conflict do nothing;
    perform from spend_total t
    where t.scope_kind = kind and t.scope_id = id and t.period = 'lifetime' for update;
    -- Lifetime totals are kept from the first booking on; only windows are ever summed up.
    insert into spend_total (scope_kind, scope_id, period, period_start, period_end, spend_nano, requests, input_tokens, output_tokens)
    select kind, id, window_period, window_start, window_end,
           coalesce(sum(e.cost_nano), 0), count(*), coalesce(sum(e.input_tokens), 0), coalesce(sum(e.output_tokens), 0)
    from usage_event e
    where e.day between (window_start at time zone 'UTC')::date and (window_end at time zone 'UTC')::date
      and e.admitted_at >= window_start and e.admitted_at < window_end
      and case kind
              when 'key' then e.key_id = id::uuid
              when 'user' then e.user_id = id
              when 'team' then e.team_id = id
              when 'organization' then e.organization_id = id
              when 'team_member' then e.team_id = split_part(id, '/', 1) and e.user_id = split_part(id, '/', 2)
              else e.organization_id = split_part(id, '/', 1) and e.user_id = split_part(id, '/', 2) end
    on conflict do nothing;
    select t.spend_nano into total from spend_total t
    where t.scope_kind = kind and t.scope_id = id and t.period = window_period and t.period_start = window_start;
    return total;
end
$$;

-- Books events and returns
--   booked: per event its position and, where its request id was booked before, the row that counts
--   totals: the new totals of all scopes named, lifetime and windows
-- An event names each scope once without a period, and once more for each of the scope's windows that must have a total afterwards.
-- Rows are touched in one fixed order (ledger by request id, totals by scope, daily rows by key), so instances cannot deadlock.
create function book_usage(events jsonb) returns jsonb
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
                                                    end_user text, model text, provider text, input_tokens bigint,
                                                    output_tokens bigint, total_tokens bigint, cost_nano bigint, status text,
                                                    partial boolean, tags text[], admitted_at timestamptz)),
         added as (
             insert into usage_event (day, request_id, key_id, api_key, key_alias, user_id, team_id, team_alias, organization_id,
                                      end_user, model, provider, input_tokens, output_tokens, total_tokens, cost_nano, status,
                                      partial, tags, admitted_at)
             select e.day, e.request_id, e.key_id, e.api_key, e.key_alias, e.user_id, e.team_id, e.team_alias, e.organization_id,
                    e.end_user, e.model, e.provider, e.input_tokens, e.output_tokens, e.total_tokens, e.cost_nano, e.status,
                    e.partial, e.tags, e.admitted_at
             from e order by e.request_id, e.day, e.n
             on conflict do nothing
             returning request_id, day)
    select coalesce(array_agg(first.n), '{}') into fresh
    from (select min(e.n) as n from e join added using (request_id, day) group by request_id, day) first;

    -- First the lifetime rows: they are the locks of their scopes, and the next statement sees what others committed before.
    insert into spend_total as t (scope_kind, scope_id, period, period_start, period_end, spend_nano, requests, input_tokens, output_tokens)
    select s.kind, s.id, 'lifetime', 'epoch', '9999-12-31 00:00:00+00',
           sum(e.cost_nano), count(*), sum(e.input_tokens), sum(e.output_tokens)
    from jsonb_to_recordset(events) as e(n int, cost_nano bigint, input_tokens bigint, output_tokens bigint, scopes jsonb),
         jsonb_to_recordset(e.scopes) as s(kind text, id text, period text)
    where e.n = any (fresh) and s.period is null
    group by s.kind, s.id
    order by s.kind, s.id
    on conflict (scope_kind, scope_id, period, period_start) do update
        set spend_nano    = t.spend_nano + excluded.spend_nano,
            requests      = t.requests + excluded.requests,
            input_tokens  = t.input_tokens + excluded.input_tokens,
            output_tokens = t.output_tokens + excluded.output_tokens;

    -- Every window of a scope that covers the admission, also one that was configured in the meantime.
    update spend_total t
    set spend_nano    = t.spend_nano + d.spend_nano,
        requests      = t.requests + d.requests,
        input_tokens  = t.input_tokens + d.input_tokens,
        output_tokens = t.output_tokens + d.output_tokens
    from (select w.scope_kind, w.scope_id, w.period, w.period_start,
                 sum(e.cost_nano) as spend_nano, count(*) as requests,
                 sum(e.input_tokens) as input_tokens, sum(e.output_tokens) as output_tokens
          from jsonb_to_recordset(events) as e(n int, cost_nano bigint, input_tokens bigint, output_tokens bigint,
                                               admitted_at timestamptz, scopes jsonb),
               jsonb_to_recordset(e.scopes) as s(kind text, id text, period text),
               spend_total w
          where e.n = any (fresh) and s.period is null
            and w.scope_kind = s.kind and w.scope_id = s.id and w.period <> 'lifetime'
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
                                                               extract(epoch from t.period_start)::bigint, t.spend_nano)), '[]')
                   from spend_total t
                   join (select distinct s.kind, s.id, coalesce(s.period, 'lifetime') as period, coalesce(s.starts, 'epoch') as starts
                         from jsonb_to_recordset(events) as e(scopes jsonb),
                              jsonb_to_recordset(e.scopes) as s(kind text, id text, period text, starts timestamptz)) s
                       on t.scope_kind = s.kind and t.scope_id = s.id and t.period = s.period and t.period_start = s.starts))
    into answer;
    return answer;
end
$$;
