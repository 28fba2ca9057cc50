-- Entries of the ledger that correct it, calls that were cancelled, and bookings of unfinished answers that are raised.

-- An adjustment is an entry like a use: no request, no tokens, its amount of either sign; it is summed up with the uses of its moment.
alter table usage_event add column entry_kind text not null default 'use';
-- An adjustment of a team or an organization has no key.
alter table usage_event alter column key_id drop not null;
-- Wider than the constraints before them, so nothing has to be read for it.
alter table usage_event drop constraint usage_event_status_check;
alter table usage_event add constraint usage_event_status check (status in ('success', 'failure', 'cancelled')) not valid;
alter table usage_event add constraint usage_event_entry
    check ((entry_kind = 'use' and key_id is not null) or entry_kind = 'adjustment') not valid;

-- What was adjusted, why and by whom. Its money is in the entry of the ledger under the same id.
create table usage_adjustment
(
    adjustment_id text primary key check (length(adjustment_id) between 1 and 255),
    -- The day of the entry: that of the use it corrects.
    day           date        not null,
    request_id    text,
    cost_nano     bigint      not null check (cost_nano <> 0),
    reason        text        not null,
    actor         text        not null,
    adjusted_at   timestamptz not null default now()
);
create index usage_adjustment_of_request on usage_adjustment (request_id, day) where request_id is not null;


-- Adds to the lifetime and to every window that covers the moment, those of the model included. First the lifetime rows: they are the
-- locks of their scopes, and the next statement sees what others committed before. Windows that are named and not there yet are summed up
-- from the ledger. A total that is lowered begins its next epoch (V13), so that a higher figure that arrives late is told from it.
create function add_to_totals(scopes jsonb, moment timestamptz, model text, cost bigint, input bigint, output bigint, tokens bigint)
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
         cross join lateral (values (s.kind, s.id, false), (s.kind || '_model', s.id || '/' || model, true)) as c(kind, id, per_model)
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

-- A settlement of a use that was booked as partial: what it says more than the booking is added, nothing is taken back. The answer is
-- the booking now and before, and the totals as in book_usage.
create function raise_usage(event jsonb) returns jsonb
    language plpgsql as
$$
declare
    before usage_event;
    now_   usage_event;
begin
    select * into before from usage_event u
    where u.request_id = event ->> 'request_id' and u.day = (event ->> 'day')::date for update;
    now_ := before;
    if before.partial and before.entry_kind = 'use' then
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
        where u.request_id = before.request_id and u.day = before.day;
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
--   outcome: booked, repeated (then nothing changed), missing (the request is not booked on that day), or too_much (the caller rolls back)
--   entry:   the adjustment as it is kept
--   left:    with too_much: what is left of the request's cost
--   totals:  [kind, id, period, start (s), end (s), nano-dollars without what was carried in, tokens, requests, epoch] of each total that
--            was changed
create function adjust_usage(entry jsonb) returns jsonb
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
    insert into usage_adjustment (adjustment_id, day, request_id, cost_nano, reason, actor)
    values (e.request_id, e.day, e.refers_to, e.cost_nano, e.reason, e.actor)
    on conflict do nothing;
    if not found then
        return jsonb_build_object('outcome', 'repeated', 'entry', adjustment_entry(e.request_id));
    end if;
    if e.refers_to is not null then
        select u.cost_nano into cost from usage_event u
        where u.request_id = e.refers_to and u.day = e.day and u.entry_kind = 'use' for update;
        if not found then
            return jsonb_build_object('outcome', 'missing');
        end if;
        select cost + sum(a.cost_nano) into rest from usage_adjustment a where a.request_id = e.refers_to and a.day = e.day;
        if rest < 0 then
            return jsonb_build_object('outcome', 'too_much', 'left', rest - e.cost_nano);
        end if;
    end if;
    insert into usage_event (day, request_id, key_id, api_key, key_alias, user_id, team_id, team_alias, organization_id, end_user, model,
                             admitted_model, provider, input_tokens, output_tokens, total_tokens, cost_nano, status, tags, admitted_at,
                             entry_kind)
    values (e.day, e.request_id, e.key_id, coalesce(e.api_key, ''), e.key_alias, e.user_id, e.team_id, e.team_alias, e.organization_id,
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
                        cross join lateral (values (s.kind, s.id), (s.kind || '_model', s.id || '/' || coalesce(e.admitted_model, e.model)))
                            as c(kind, id)
                   join spend_total t on t.scope_kind = c.kind and t.scope_id = c.id
                                     and t.period_start <= e.admitted_at and e.admitted_at < t.period_end));
end
$$;

create function adjustment_entry(id text) returns jsonb
    language sql stable as
$$
select jsonb_build_object('adjustment_id', a.adjustment_id, 'request_id', a.request_id, 'key_id', u.key_id, 'user_id', u.user_id,
                          'team_id', u.team_id, 'organization_id', u.organization_id, 'cost_nano', a.cost_nano, 'reason', a.reason,
                          'actor', a.actor, 'effective_at', u.admitted_at, 'adjusted_at', a.adjusted_at)
from usage_adjustment a
join usage_event u on u.request_id = a.adjustment_id and u.day = a.day
where a.adjustment_id = id
$$;
