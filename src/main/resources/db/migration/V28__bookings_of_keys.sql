-- A use is booked once for its key and request, so that no tenant's request ids meet another's; and adjustments have ids of their own. See
-- docs/decisions/0027. The ledger's key is made anew: bookings wait for it, and go to Redis when it takes longer than their deadline.

-- What stands for the key of an adjustment that has none, that of a whole team for instance: no column of the ledger's key may be null.
create function no_key() returns uuid
    language sql immutable parallel safe as
$$
select uuid '00000000-0000-0000-0000-000000000000'
$$;

alter table usage_event drop constraint usage_event_entry;
update usage_event set key_id = no_key() where key_id is null;
alter table usage_event drop constraint usage_event_pkey;
-- The day comes second, so that the newest booking of a request is found from its end.
alter table usage_event add primary key (request_id, day, key_id, entry_kind);
alter table usage_event add constraint usage_event_entry
    check ((entry_kind = 'use' and key_id <> '00000000-0000-0000-0000-000000000000') or entry_kind = 'adjustment') not valid;
alter table usage_event validate constraint usage_event_entry;

-- Whose request it is that an adjustment corrects; null when it has no key.
alter table usage_adjustment add column key_id uuid;
update usage_adjustment a
set key_id = u.key_id
from usage_event u
where u.request_id = a.adjustment_id and u.day = a.day and u.entry_kind = 'adjustment' and u.key_id <> no_key();

-- The id of the total of one model, of a scope's own id.
create function id_of_model_total(kind text, id text, model text) returns text
    language sql immutable parallel safe as
$$
select id || '/' || model
$$;

-- As before (V24), and: what was booked before is looked for under the key and the request, and the total for all, once it is kept, has every use,
-- also of an instance without a budget for all: what one period misses could not be told from what was not used.
-- Events, each a position in the first twenty-one arrays; tags as array literals. Then the scopes of all events, each once: windows that are named have a
-- period, lifetimes have none. The uses of scope i are those events whose positions are in of_event after the scope before it and up to of_until[i].
-- Answers
--   fresh       positions of events that were booked now, from 0; null when all were
--   first       for each other: its position n, and what was booked for it before
--   settled_at  of the fresh ones
--   totals      of the scopes that are wanted: kind, id, period, start, nano-dollars without what was carried in, tokens, requests, epoch
create or replace function book_events(days date[], request_ids text[], key_ids uuid[], api_keys text[], key_aliases text[], user_ids text[],
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
    added_for uuid[];
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
        order by e.request_id, e.day, e.key_id, e.n
        on conflict do nothing
        returning request_id, day, key_id)
    select array_agg(added.request_id), array_agg(added.day), array_agg(added.key_id) into added_ids, added_on, added_for from added;

    if cardinality(added_ids) = events then
        fresh := array_fill(true, array [events]);
    else
        select array_agg(coalesce(f.n = e.n, false) order by e.n) into fresh
        from unnest(request_ids, days, key_ids) with ordinality as e(request_id, day, key_id, n)
             left join (select a.request_id, a.day, a.key_id, min(r.n) as n
                        from unnest(added_ids, added_on, added_for) as a(request_id, day, key_id)
                             join unnest(request_ids, days, key_ids) with ordinality as r(request_id, day, key_id, n)
                                 using (request_id, day, key_id)
                        group by a.request_id, a.day, a.key_id) f using (request_id, day, key_id);
    end if;

    if not coalesce('global' = any (kinds), false)
        and exists (select from spend_total t
                    where t.scope_kind = 'global' and t.scope_id = 'global' and t.period = 'lifetime' and t.period_start = 'epoch') then
        kinds := array_append(kinds, 'global');
        ids := array_append(ids, 'global');
        periods := array_append(periods, null);
        starts := array_append(starts, null);
        ends := array_append(ends, null);
        wanted := array_append(wanted, false);
        of_until := array_append(of_until, cardinality(coalesce(of_event, '{}')) + events);
        of_event := array_cat(of_event, array(select generate_series(1, events)));
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
                 where c.model is not null and w.scope_kind = kinds[c.i] || '_model' and w.scope_id = id_of_model_total(kinds[c.i], ids[c.i], c.model)) w)
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
                                     join usage_event u on u.request_id = request_ids[s.i] and u.day = days[s.i] and u.key_id = key_ids[s.i]
                                                       and u.entry_kind = 'use'
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

-- A settlement of a use that was booked as partial: what it says more than the booking is added, nothing is taken back. The answer is
-- the booking now and before, and the totals as in book_usage.
create or replace function raise_usage(event jsonb) returns jsonb
    language plpgsql as
$$
declare
    before usage_event;
    now_   usage_event;
begin
    select * into before from usage_event u
    where u.request_id = event ->> 'request_id' and u.day = (event ->> 'day')::date and u.key_id = (event ->> 'key_id')::uuid
      and u.entry_kind = 'use' for update;
    now_ := before;
    if before.partial then
        now_.input_tokens := greatest(before.input_tokens, (event ->> 'input_tokens')::bigint);
        now_.output_tokens := greatest(before.output_tokens, (event ->> 'output_tokens')::bigint);
        now_.total_tokens := greatest(before.total_tokens, (event ->> 'total_tokens')::bigint,
                                      now_.input_tokens + now_.output_tokens);
        now_.cost_nano := greatest(before.cost_nano, (event ->> 'cost_nano')::bigint);
        now_.status := event ->> 'status';
        now_.partial := (event ->> 'partial')::boolean;
        now_.settled_at := now();
        update usage_event u
        set input_tokens  = now_.input_tokens,
            output_tokens = now_.output_tokens,
            total_tokens  = now_.total_tokens,
            cost_nano     = now_.cost_nano,
            status        = now_.status,
            partial       = now_.partial,
            settled_at    = now_.settled_at
        where u.request_id = before.request_id and u.day = before.day and u.key_id = before.key_id and u.entry_kind = 'use';
        perform add_to_totals(event -> 'scopes', before.admitted_at, coalesce(before.admitted_model, before.model),
                              now_.cost_nano - before.cost_nano, now_.input_tokens - before.input_tokens,
                              now_.output_tokens - before.output_tokens, now_.total_tokens - before.total_tokens);
        update daily_usage d
        set input_tokens    = d.input_tokens + now_.input_tokens - before.input_tokens,
            output_tokens   = d.output_tokens + now_.output_tokens - before.output_tokens,
            spend_nano      = d.spend_nano + now_.cost_nano - before.cost_nano,
            failed_requests = d.failed_requests + (now_.status = 'failure')::int - (before.status = 'failure')::int
        where d.day = before.day and d.organization_id = coalesce(before.organization_id, '')
          and d.team_id = coalesce(before.team_id, '') and d.user_id = coalesce(before.user_id, '')
          and d.key_id = before.key_id::text and d.model = before.model and d.provider = before.provider
          and d.tag = any (array_prepend('', before.tags));
    end if;
    return jsonb_build_object(
        'before', to_jsonb(before),
        'now', to_jsonb(now_),
        'totals', (select coalesce(jsonb_agg(jsonb_build_array(t.scope_kind, t.scope_id, t.period,
                                                               extract(epoch from t.period_start)::bigint,
                                                               t.spend_nano - coalesce(t.carried_nano, 0), t.total_tokens,
                                                               t.requests, t.epoch)), '[]')
                   from spend_total t
                   join (select distinct s.kind, s.id, coalesce(s.period, 'lifetime') as period, coalesce(s.starts, 'epoch') as starts
                         from jsonb_to_recordset(event -> 'scopes') as s(kind text, id text, period text, starts timestamptz)) s
                       on t.scope_kind = s.kind and t.scope_id = s.id and t.period = s.period and t.period_start = s.starts));
end
$$;

-- Books an adjustment once per id and returns
--   outcome: booked, repeated (then nothing changed), missing (the key's request is not booked on that day), or too_much (the caller rolls back)
--   entry:   the adjustment as it is kept
--   left:    with too_much: what is left of the request's cost
--   totals:  [kind, id, period, start (s), end (s), nano-dollars without what was carried in, tokens, requests, epoch] of each total that
--            was changed
create or replace function adjust_usage(entry jsonb) returns jsonb
    language plpgsql as
$$
declare
    e    record;
    cost bigint;
    rest bigint;
begin
    select * into e
    from jsonb_to_record(entry) as x(day date, request_id text, key_id uuid, api_key text, key_alias text, user_id text, team_id text,
                                     team_alias text, organization_id text, end_user text, model text, admitted_model text,
                                     provider text, cost_nano bigint, tags text[], admitted_at timestamptz, refers_to text,
                                     reason text, actor text, scopes jsonb);
    insert into usage_adjustment (adjustment_id, day, key_id, request_id, cost_nano, reason, actor)
    values (e.request_id, e.day, e.key_id, e.refers_to, e.cost_nano, e.reason, e.actor)
    on conflict do nothing;
    if not found then
        return jsonb_build_object('outcome', 'repeated', 'entry', adjustment_entry(e.request_id));
    end if;
    if e.refers_to is not null then
        select u.cost_nano into cost from usage_event u
        where u.request_id = e.refers_to and u.day = e.day and u.key_id = e.key_id and u.entry_kind = 'use' for update;
        if not found then
            return jsonb_build_object('outcome', 'missing');
        end if;
        select cost + sum(a.cost_nano) into rest from usage_adjustment a
        where a.request_id = e.refers_to and a.day = e.day and a.key_id = e.key_id;
        if rest < 0 then
            return jsonb_build_object('outcome', 'too_much', 'left', rest - e.cost_nano);
        end if;
    end if;
    insert into usage_event (day, request_id, key_id, api_key, key_alias, user_id, team_id, team_alias, organization_id, end_user, model,
                             admitted_model, provider, input_tokens, output_tokens, total_tokens, cost_nano, status, tags, admitted_at,
                             entry_kind)
    values (e.day, e.request_id, coalesce(e.key_id, no_key()), coalesce(e.api_key, ''), e.key_alias, e.user_id, e.team_id, e.team_alias, e.organization_id,
            e.end_user, e.model, nullif(e.admitted_model, e.model), e.provider, 0, 0, 0, e.cost_nano, 'success', e.tags,
            e.admitted_at, 'adjustment');
    perform add_to_totals(e.scopes, e.admitted_at, coalesce(e.admitted_model, e.model), e.cost_nano, 0, 0, 0);
    insert into daily_usage as d (day, organization_id, team_id, user_id, key_id, model, provider, tag, spend_nano)
    select e.day, coalesce(e.organization_id, ''), coalesce(e.team_id, ''), coalesce(e.user_id, ''), coalesce(e.key_id::text, ''),
           e.model, e.provider, g.tag, e.cost_nano
    from unnest(array_prepend('', e.tags)) as g(tag)
    order by g.tag
    on conflict (day, organization_id, team_id, user_id, key_id, model, provider, tag) do update
        set spend_nano = d.spend_nano + excluded.spend_nano;
    return jsonb_build_object(
        'outcome', 'booked',
        'entry', adjustment_entry(e.request_id),
        'totals', (select coalesce(jsonb_agg(jsonb_build_array(t.scope_kind, t.scope_id, t.period,
                                                               extract(epoch from t.period_start)::bigint,
                                                               extract(epoch from t.period_end)::bigint,
                                                               t.spend_nano - coalesce(t.carried_nano, 0), t.total_tokens,
                                                               t.requests, t.epoch)), '[]')
                   from jsonb_to_recordset(e.scopes) as s(kind text, id text)
                        cross join lateral (values (s.kind, s.id), (s.kind || '_model',
                                                                    id_of_model_total(s.kind, s.id, coalesce(e.admitted_model, e.model))))
                            as c(kind, id)
                   join spend_total t on t.scope_kind = c.kind and t.scope_id = c.id
                                     and t.period_start <= e.admitted_at and e.admitted_at < t.period_end));
end
$$;

create or replace function adjustment_entry(id text) returns jsonb
    language sql stable as
$$
select jsonb_build_object('adjustment_id', a.adjustment_id, 'request_id', a.request_id, 'key_id', a.key_id, 'user_id', u.user_id,
                          'team_id', u.team_id, 'organization_id', u.organization_id, 'cost_nano', a.cost_nano, 'reason', a.reason,
                          'actor', a.actor, 'effective_at', u.admitted_at, 'adjusted_at', a.adjusted_at)
from usage_adjustment a
join usage_event u on u.request_id = a.adjustment_id and u.day = a.day and u.key_id = coalesce(a.key_id, no_key())
                  and u.entry_kind = 'adjustment'
where a.adjustment_id = id
$$;
