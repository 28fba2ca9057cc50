-- Each place that a team or key has left costs every admission of it one call to Redis more, for a day. So it leaves ten a day at the most, and the eleventh
-- move is refused, by whatever route it comes; StoreFailures says it in the caller's words. See docs/decisions/0031.
create function refuse_many_moves() returns trigger
    language plpgsql as
$$
declare
    moves  int;
    oldest timestamptz;
begin
    select count(*), min(m.left_at) into moves, oldest
    from scope_move m
    where m.scope_kind = new.scope_kind and m.scope_id = new.scope_id and m.left_at > now() - interval '1 day';
    if moves > 10 then
        raise exception using errcode = 'TN002',
            message = '<<' || new.scope_kind || ' '|| to_char((oldest + interval '1 day') at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') || '>>';
    end if;
    return null;
end
$$;

create trigger few_moves after insert on scope_move for each row execute function refuse_many_moves();
