-- Booking as before (V13), from columns instead of objects: taking 24 fields of each event out of JSON was most of what a booking cost beyond its rows. And
-- windows are looked for once a scope and not once a use, models' windows only where there are any, and nothing is sent back that the caller knows.

-- Events, each a position in the first twenty arrays; tags as array literals. Then the scopes of all events, each once: windows that are named have a
-- period, lifetimes have none. The uses of scope i are those events whose positions are in of_event after the scope before it and up to of_until[i].
-- Answers
--   fresh       positions of events that were booked now, from 0; null when all were
--   first       for each other: its position n, and what was booked for it before
--   settled_at  of the fresh ones
--   totals      of the scopes that are wanted: kind, id, period, start, nano-dollars without what was carried in, tokens, requests, epoch
create function book_events(days date[], request_ids text[], key_ids uuid[], api_keys text[], key_aliases text[], user_ids text[],
                            team_ids text[], team_aliases text[], organization_ids text[], end_users text[], models text[],
                            admitted_models text[], providers text[], inputs bigint[], outputs bigint[],
                            totals bigint[], costs bigint[], statuses text[], partials boolean[], tags text[],
                            admitted timestamptz[],
                            kinds text[], ids text[], periods text[], starts timestamptz[], ends timestamptz[], wanted boolean[],
                            of_until int[], of_event int[]) returns jsonb
    language plpgsql as
$$
declare
    events    int := cardinality(request_ids);
    added_ids text[];
    added_on  date[];
    fresh     boolean[];
    modelled  text[];
    scope     record;
    answer    jsonb;
begin
    with added as (
        insert into usage_event (day, request_id, key_id, api_key, key_alias, user_id, team_id, team_alias, organization_id,
                                 end_user, model, admitted_model, provider, input_tokens, output_tokens, total_tokens, cost_nano,
                                 status, partial, tags, admitted_at)
        select e.day, e.request_id, e.key_id, e.api_key, e.key_alias, e.user_id, e.team_id, e.team_alias, e.organization_id, e.end_user,
               e.model, nullif(e.admitted_model, e.model), e.provider, e.input_tokens, e.output_tokens, e.total_tokens, e.cost_nano,
               e.status, e.partial, e.tags::text[], e.admitted_at
        from unnest(days, request_ids, key_ids, api_keys, key_aliases, user_ids, team_ids, team_aliases, organization_ids, end_users, models,
                    admitted_models, providers, inputs, outputs, totals, costs, statuses, partials, tags, admitted)
                 with ordinality as e(day, request_id, key_id, api_key, key_alias, user_id, team_id, team_alias, organization_id, end_user,
                                      model, admitted_model, provider, input_tokens, output_tokens, total_tokens, cost_nano, status,
                                      partial, tags, admitted_at, n)
        order by e.request_id, e.day, e.n
        on conflict do nothing
        returning request_id, day)
    select array_agg(added.request_id), array_agg(added.day) into added_ids, added_on from added;

    if cardinality(added_ids) = events then
        fresh := array_fill(true, array [events]);
    else
        select array_agg(coalesce(f.n = e.n, false) order by e.n) into fresh
        from unnest(request_ids, days) with ordinality as e(request_id, day, n)
             left join (select a.request_id, a.day, min(r.n) as n
                        from unnest(added_ids, added_on) as a(request_id, day)
                             join unnest(request_ids, days) with ordinality as r(request_id, day, n) using (request_id, day)
                        group by a.request_id, a.day) f using (request_id, day);
    end if;

    -- First the lifetime rows: they are the locks of their scopes, and the next statement sees what others committed before.
    insert into spend_total as t (scope_kind, scope_id, period, period_start, period_end, spend_nano, requests, input_tokens,
                                  output_tokens, total_tokens)
    select kinds[u.i], ids[u.i], 'lifetime', 'epoch', '9999-12-31 00:00:00+00', u.spend_nano, u.requests, u.input, u.output, u.total
    from (select s.i, sum(costs[of_event[at]]) as spend_nano, count(*) as requests, sum(inputs[of_event[at]]) as input,
                 sum(outputs[of_event[at]]) as output, sum(totals[of_event[at]]) as total
          from generate_subscripts(kinds, 1) as s(i), generate_series(coalesce(of_until[s.i - 1], 0) + 1, of_until[s.i]) at
          where periods[s.i] is null and fresh[of_event[at]]
          group by s.i) u
    order by 1, 2
    on conflict (scope_kind, scope_id, period, period_start) do update
        set spend_nano    = t.spend_nano + excluded.spend_nano,
            requests      = t.requests + excluded.requests,
            input_tokens  = t.input_tokens + excluded.input_tokens,
            output_tokens = t.output_tokens + excluded.output_tokens,
            total_tokens  = t.total_tokens + excluded.total_tokens;

    -- Hardly anybody has budgets for single models: one look for each kind of scope instead of one for each scope.
    modelled := array(select k.kind from (select distinct kind || '_model' as kind from unnest(kinds) kind) k
                      where exists (select from spend_total t where t.scope_kind = k.kind));

    -- Every window of a scope that covers the admission, also one that was configured in the meantime; and those of its model.
    with w as materialized (
        select c.i, c.model, w.period, w.period_start, w.period_end, w.scope_kind, w.scope_id
        from (select s.i, null as model from generate_subscripts(kinds, 1) as s(i) where periods[s.i] is null
              union all
              select distinct s.i, coalesce(admitted_models[of_event[at]], models[of_event[at]])
              from generate_subscripts(kinds, 1) as s(i), generate_series(coalesce(of_until[s.i - 1], 0) + 1, of_until[s.i]) at
              where periods[s.i] is null and modelled <> '{}' and kinds[s.i] || '_model' = any (modelled)) c
             cross join lateral (
                 select w.* from spend_total w
                 where c.model is null and w.scope_kind = kinds[c.i] and w.scope_id = ids[c.i] and w.period < 'lifetime'
                 union all
                 select w.* from spend_total w
                 where c.model is null and w.scope_kind = kinds[c.i] and w.scope_id = ids[c.i] and w.period > 'lifetime'
                 union all
                 select w.* from spend_total w
                 where c.model is not null and w.scope_kind = kinds[c.i] || '_model' and w.scope_id = ids[c.i] || '/' || c.model) w)
    update spend_total t
    set spend_nano    = t.spend_nano + d.spend_nano,
        requests      = t.requests + d.requests,
        input_tokens  = t.input_tokens + d.input,
        output_tokens = t.output_tokens + d.output,
        total_tokens  = t.total_tokens + d.total
    from (select w.scope_kind, w.scope_id, w.period, w.period_start, sum(costs[of_event[at]]) as spend_nano, count(*) as requests,
                 sum(inputs[of_event[at]]) as input, sum(outputs[of_event[at]]) as output,
                 sum(totals[of_event[at]]) as total
          from w, generate_series(coalesce(of_until[w.i - 1], 0) + 1, of_until[w.i]) at
          where fresh[of_event[at]] and w.period_start <= admitted[of_event[at]] and admitted[of_event[at]] < w.period_end
            and (w.model is null or w.model = coalesce(admitted_models[of_event[at]], models[of_event[at]]))
          group by w.scope_kind, w.scope_id, w.period, w.period_start) d
    where t.scope_kind = d.scope_kind and t.scope_id = d.scope_id and t.period = d.period and t.period_start = d.period_start;

    -- Windows that are named and not there yet are summed up from the ledger, these events included.
    for scope in
        select kinds[s.i] as kind, ids[s.i] as id, periods[s.i] as period, starts[s.i] as starts, ends[s.i] as ends
        from generate_subscripts(kinds, 1) as s(i)
        where periods[s.i] is not null
          and exists (select from generate_series(coalesce(of_until[s.i - 1], 0) + 1, of_until[s.i]) at where fresh[of_event[at]])
          and not exists (select from spend_total t
                          where t.scope_kind = kinds[s.i] and t.scope_id = ids[s.i] and t.period = periods[s.i] and t.period_start = starts[s.i])
        order by 1, 2, 3, 4
        loop
            perform seed_total(scope.kind, scope.id, scope.period, scope.starts, scope.ends);
        end loop;

    insert into daily_usage as t (day, organization_id, team_id, user_id, key_id, model, provider, tag,
                                  requests, failed_requests, input_tokens, output_tokens, spend_nano)
    select e.day, coalesce(e.organization_id, ''), coalesce(e.team_id, ''), coalesce(e.user_id, ''), e.key_id::text, e.model,
           e.provider, g.tag,
           count(*), count(*) filter (where e.status = 'failure'), sum(e.input_tokens), sum(e.output_tokens), sum(e.cost_nano)
    from unnest(days, organization_ids, team_ids, user_ids, key_ids, models, providers, statuses, inputs, outputs, costs, tags, fresh)
             as e(day, organization_id, team_id, user_id, key_id, model, provider, status, input_tokens, output_tokens, cost_nano, tags, fresh),
         unnest(array_prepend('', e.tags::text[])) as g(tag)
    where e.fresh
    group by 1, 2, 3, 4, 5, 6, 7, 8
    order by 1, 2, 3, 4, 5, 6, 7, 8
    on conflict (day, organization_id, team_id, user_id, key_id, model, provider, tag) do update
        set requests        = t.requests + excluded.requests,
            failed_requests = t.failed_requests + excluded.failed_requests,
            input_tokens    = t.input_tokens + excluded.input_tokens,
            output_tokens   = t.output_tokens + excluded.output_tokens,
            spend_nano      = t.spend_nano + excluded.spend_nano;

    select jsonb_build_object(
        'fresh', case when false = any (fresh)
                          then (select coalesce(jsonb_agg(s.i - 1), '[]') from generate_subscripts(fresh, 1) as s(i) where fresh[s.i]) end,
        'first', case when false = any (fresh)
                          then (select coalesce(jsonb_agg(jsonb_build_object(
                                           'n', s.i - 1, 'model', u.model, 'input_tokens', u.input_tokens, 'output_tokens', u.output_tokens,
                                           'total_tokens', u.total_tokens, 'cost_nano', u.cost_nano, 'status', u.status,
                                           'partial', u.partial, 'settled_at', u.settled_at)), '[]')
                                from generate_subscripts(fresh, 1) as s(i)
                                     join usage_event u on u.request_id = request_ids[s.i] and u.day = days[s.i]
                                where not fresh[s.i])
                      else '[]' end,
        'settled_at', now(),
        'totals', (select coalesce(jsonb_agg(jsonb_build_array(t.scope_kind, t.scope_id, t.period, extract(epoch from t.period_start)::bigint,
                                                               t.spend_nano - coalesce(t.carried_nano, 0), t.total_tokens, t.requests,
                                                               t.epoch)), '[]')
                   from generate_subscripts(kinds, 1) as s(i)
                        join spend_total t on t.scope_kind = kinds[s.i] and t.scope_id = ids[s.i]
                                          and t.period = coalesce(periods[s.i], 'lifetime') and t.period_start = coalesce(starts[s.i], 'epoch')
                   where wanted[s.i]))
    into answer;
    return answer;
end
$$;

-- From objects, as settlements wait in Redis: with their scopes, and tags as a list. Positions are those in the array.
create or replace function book_usage(events jsonb) returns jsonb
    language sql as
$$
with e as (select *
           from rows from (jsonb_to_recordset(events) as (day date, request_id text, key_id uuid, api_key text, key_alias text, user_id text, team_id text,
                                                          team_alias text, organization_id text, end_user text, model text, admitted_model text,
                                                          provider text, input_tokens bigint, output_tokens bigint, total_tokens bigint, cost_nano bigint,
                                                          status text, partial boolean, tags text[], admitted_at timestamptz, scopes jsonb))
                    with ordinality as e(day, request_id, key_id, api_key, key_alias, user_id, team_id, team_alias, organization_id, end_user, model,
                                         admitted_model, provider, input_tokens, output_tokens, total_tokens, cost_nano, status, partial, tags,
                                         admitted_at, scopes, n)),
     s as (select s.kind, s.id, s.period, s.starts, s.ends, bool_or(coalesce(s.wanted, true)) as wanted, array_agg(e.n::int) as uses
           from e, jsonb_to_recordset(e.scopes) as s(kind text, id text, period text, starts timestamptz, ends timestamptz, wanted boolean)
           group by s.kind, s.id, s.period, s.starts, s.ends),
     numbered as (select s.*, row_number() over () as i, sum(cardinality(uses)) over (rows unbounded preceding)::int as until from s),
     of as (select array_agg(kind order by i) as kinds, array_agg(id order by i) as ids, array_agg(period order by i) as periods,
                   array_agg(starts order by i) as starts, array_agg(ends order by i) as ends, array_agg(wanted order by i) as wanted,
                   array_agg(until order by i) as until
            from numbered)
select book_events(array_agg(day order by n), array_agg(request_id order by n), array_agg(key_id order by n), array_agg(api_key order by n),
                   array_agg(key_alias order by n), array_agg(user_id order by n), array_agg(team_id order by n), array_agg(team_alias order by n),
                   array_agg(organization_id order by n), array_agg(end_user order by n), array_agg(model order by n),
                   array_agg(admitted_model order by n), array_agg(provider order by n), array_agg(input_tokens order by n),
                   array_agg(output_tokens order by n), array_agg(total_tokens order by n), array_agg(cost_nano order by n),
                   array_agg(status order by n), array_agg(partial order by n), array_agg(tags::text order by n),
                   array_agg(admitted_at order by n),
                   (select kinds from of), (select ids from of), (select periods from of), (select starts from of), (select ends from of),
                   (select wanted from of), (select until from of),
                   (select array_agg(u.n order by s.i) from numbered s, unnest(s.uses) as u(n)))
from e
$$;
