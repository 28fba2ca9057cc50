-- The total for all is kept from the moment on at which some instance first has a budget for all; before, no booking touches it, since it would be one row that
-- all of them wait for. Bookings that are under way in that moment, on instances that do not know of the budget, neither were in the ledger when the total was
-- summed up nor added to it. So who begins it waits for them, and they for it: the first of either has an exclusive lock, the others a shared one, which costs
-- a booking nothing else than to take it. Once the total is there nobody takes either.

-- Whether the total for all is kept, from now to the end of the transaction. Ask before anything else is locked: who begins it waits for all bookings.
--   begins: whether the caller makes it, if it is not there
create function total_for_all_is_kept(begins boolean) returns boolean
    language plpgsql as
$$
begin
    if exists (select from spend_total t
               where t.scope_kind = 'global' and t.scope_id = 'global' and t.period = 'lifetime' and t.period_start = 'epoch') then
        return true;
    end if;
    if begins then
        perform pg_advisory_xact_lock(hashtext('total_for_all'));
        return true;
    end if;
    perform pg_advisory_xact_lock_shared(hashtext('total_for_all'));
    return exists (select from spend_total t
                   where t.scope_kind = 'global' and t.scope_id = 'global' and t.period = 'lifetime' and t.period_start = 'epoch');
end
$$;

-- As before (V29), and decided before anything is locked.
create or replace function with_total_for_all(event jsonb) returns jsonb
    language plpgsql as
$$
declare
    named   boolean := event -> 'scopes' @> '[{"kind": "global"}]';
    for_all boolean := total_for_all_is_kept(named);
begin
    return case
               when for_all and not named
                   then event || jsonb_build_object('scopes', event -> 'scopes' || jsonb_build_array(jsonb_build_object('kind', 'global', 'id', 'global')))
               else event end;
end
$$;

-- As before (V29), and: the total for all is not begun while bookings are under way.
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
    if owner.scope_kind = 'global' then
        perform total_for_all_is_kept(true);
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

-- As before (V28), and: whether the total for all has these uses too is decided first; and where some of the events name it and others do not, those that do not
-- are in it as well. A use that is settled when nobody remembers its admission names nothing, and is booked together with others that do.
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
    named     int;
    answer    jsonb;
    for_all   boolean := total_for_all_is_kept(coalesce('global' = any (kinds), false)); -- before anything is locked
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

    if for_all then
        -- Its lifetime has all events, named by them or not: some may name it beside others that do not.
        named := (select s.i from generate_subscripts(kinds, 1) as s(i) where kinds[s.i] = 'global' and periods[s.i] is null);
        if named is not null then
            periods[named] := 'lifetime';
            starts[named] := 'epoch';
            ends[named] := '9999-12-31 00:00:00+00';
        end if;
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
