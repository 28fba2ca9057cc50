-- A group of bookings was planned anew each time: a seventh of what it cost, and each look into an array was a search, since a plan for given values has them
-- folded. A plan that is kept must be good for a table of any size, also when it was made while the table was empty: only by index, and row by row. What is
-- summed up from the ledger is left to the planner.

alter function ledger_sum(text, text, timestamptz, timestamptz) set enable_seqscan = on set enable_hashjoin = on set enable_mergejoin = on;

-- As before (V31), and as said above; and of the windows of a scope only those are read that were not over (V35).
create or replace function book_events(days date[], request_ids text[], key_ids uuid[], api_keys text[], key_aliases text[], user_ids text[],
                            team_ids text[], team_aliases text[], organization_ids text[], end_users text[], models text[],
                            admitted_models text[], providers text[], inputs bigint[], outputs bigint[],
                            totals bigint[], costs bigint[], statuses text[], partials boolean[], tags text[],
                            admitted timestamptz[],
                            kinds text[], ids text[], periods text[], starts timestamptz[], ends timestamptz[], wanted boolean[],
                            of_until int[], of_event int[]) returns jsonb
    language plpgsql
    set plan_cache_mode = force_generic_plan
    set enable_seqscan = off
    set enable_hashjoin = off
    set enable_mergejoin = off as
$$
declare
    events    int := cardinality(request_ids);
    added_ids text[];
    added_on  date[];
    added_for uuid[];
    fresh     boolean[];
    windowed  text[];
    modelled  text[];
    since     timestamptz;
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
        -- The first of those that are the same, if what was added is the same as well.
        select array_agg(e.first order by e.n) into fresh
        from (select u.n, bool_or(u.n is null) over same and u.n = min(u.n) over same as first
              from (select u.* from unnest(request_ids, days, key_ids) with ordinality as u(request_id, day, key_id, n)
                    union all
                    select a.*, null from unnest(added_ids, added_on, added_for) as a(request_id, day, key_id)) u
              window same as (partition by u.request_id, u.day, u.key_id)) e
        where e.n is not null;
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

    -- Most scopes have no windows, hardly any has budgets for single models: one look for each kind of scope instead of one for each scope. In a statement of
    -- its own, which sees what was committed before the locks were had.
    windowed := array(select k.kind from (select distinct kind from unnest(kinds) kind) k
                      where exists (select from spend_total t where t.scope_kind = k.kind and t.period <> 'lifetime'));
    modelled := array(select k.kind from (select distinct kind || '_model' as kind from unnest(kinds) kind) k
                      where exists (select from spend_total t where t.scope_kind = k.kind));

    -- Every window of a scope that covers the admission, also one that was configured in the meantime; and those of its model. Those that were over before the
    -- first of these admissions are not read.
    if windowed <> '{}' or modelled <> '{}' then
        since := (select min(a.at) from unnest(admitted) as a(at));
        with w as materialized (
            select c.i, c.model, w.period, w.period_start, w.period_end, w.scope_kind, w.scope_id
            from (select s.i, kinds[s.i] as kind, ids[s.i] as id, null as model
                  from generate_subscripts(kinds, 1) as s(i)
                  where periods[s.i] is null and kinds[s.i] = any (windowed)
                  union all
                  select s.i, kinds[s.i] || '_model', id_of_model_total(kinds[s.i], ids[s.i], m.model), m.model
                  from generate_subscripts(kinds, 1) as s(i)
                       cross join lateral (select distinct coalesce(admitted_models[of_event[at]], models[of_event[at]]) as model
                                           from generate_series(coalesce(of_until[s.i - 1], 0) + 1, of_until[s.i]) at) m
                  where periods[s.i] is null and kinds[s.i] || '_model' = any (modelled)) c
                 cross join lateral (
                     select w.* from spend_total w
                     where w.scope_kind = c.kind and w.scope_id = c.id and w.period <> 'lifetime' and w.period_end > since
                     union all
                     select w.* from spend_total w
                     where c.model is not null and w.scope_kind = c.kind and w.scope_id = c.id and w.period = 'lifetime') w)
        update spend_total t
        set spend_nano    = t.spend_nano + d.spend_nano,
            requests      = t.requests + d.requests,
            input_tokens  = t.input_tokens + d.input,
            output_tokens = t.output_tokens + d.output,
            total_tokens  = t.total_tokens + d.total
        from (select w.scope_kind, w.scope_id, w.period, w.period_start, sum(costs[of_event[at]]) as spend_nano, count(*) as requests,
                     sum(inputs[of_event[at]]) as input, sum(outputs[of_event[at]]) as output, sum(totals[of_event[at]]) as total
              from w, generate_series(coalesce(of_until[w.i - 1], 0) + 1, of_until[w.i]) at
              where fresh[of_event[at]] and w.period_start <= admitted[of_event[at]] and admitted[of_event[at]] < w.period_end
                and (w.model is null or w.model = coalesce(admitted_models[of_event[at]], models[of_event[at]]))
              group by w.scope_kind, w.scope_id, w.period, w.period_start) d
        where t.scope_kind = d.scope_kind and t.scope_id = d.scope_id and t.period = d.period and t.period_start = d.period_start;
    end if;

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
