-- As before (V33.1), and: what is carried into a window begins its next epoch. The window may be in use: uses that nobody admitted were booked in it, or the
-- rollover was set in the middle of it.
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
        before := coalesce(before, (ledger_sum(kind, id, previous_start, window_start)).spend)
            - coalesce((select a.forgiven_nano from spend_adjustment a
                        where a.scope_kind = kind and a.scope_id = id and a.period = window_period and a.period_start = previous_start), 0);
        -- What is carried into a window that is counted already lowers its total: a next epoch, or Redis would go on believing the higher figure that it was told.
        update spend_total t
        set carried_nano = least(carry_most, greatest(0, window_cap - before)),
            epoch        = t.epoch + case when least(carry_most, window_cap - before) > 0 then 1 else 0 end
        where t.scope_kind = kind and t.scope_id = id and t.period = window_period and t.period_start = window_start
          and t.carried_nano is null;
    end if;
    select t.spend_nano - coalesce(t.carried_nano, 0), t.total_tokens, t.requests, t.epoch into spend, tokens, requests, epoch
    from spend_total t
    where t.scope_kind = kind and t.scope_id = id and t.period = window_period and t.period_start = window_start;
end
$$;
