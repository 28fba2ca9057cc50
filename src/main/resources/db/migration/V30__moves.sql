-- Limits live in Redis under their tenant's root, and a key or team that moves to another organization leaves what it holds behind. So where it came from
-- is remembered: for a day policies ask there as well. See docs/decisions/0031.

create table scope_move
(
    -- In the order in which they were left.
    move_id    bigint generated always as identity primary key,
    -- The key, or the team with its members and keys.
    scope_kind text        not null check (scope_kind in ('team', 'key')),
    scope_id   text        not null,
    root_kind  text        not null check (root_kind in ('organization', 'team', 'user', 'key')),
    root_id    text        not null,
    left_at    timestamptz not null default now()
);
create index scope_move_of_scope on scope_move (scope_kind, scope_id);
-- Those that nobody asks for any more are found by their time. In the order of moves all that are younger had to be walked through, at each move.
create index scope_move_by_time on scope_move (left_at);

-- Each move takes some of those along that nobody asks for any more: there is nothing that could grow.
create function note_move(kind text, id text, root tenant_root) returns void
    language sql as
$$
delete from scope_move
where move_id in (select move_id from scope_move where left_at < now() - interval '31 days' order by left_at limit 10 for update skip locked);
insert into scope_move (scope_kind, scope_id, root_kind, root_id) values (kind, id, root.kind, root.id)
$$;

-- As in V2, and moves are noted.
create or replace function announce_team() returns trigger
    language plpgsql as
$$
begin
    if tg_op = 'DELETE' then
        perform announce('team', old.team_id, nextval('change_version'), tenant_root_of_team(old));
        delete from scope_move where scope_kind = 'team' and scope_id = old.team_id;
    else
        perform announce('team', old.team_id, new.version, tenant_root_of_team(old));
        if tenant_root_of_team(new) is distinct from tenant_root_of_team(old) then
            perform announce('team', new.team_id, new.version, tenant_root_of_team(new));
            perform note_move('team', old.team_id, tenant_root_of_team(old));
        end if;
    end if;
    return null;
end
$$;

-- As in V2, and moves are noted. A key may change its team and stay under its root. What it holds is then where it has been with the team that it leaves, and at its
-- root, whose budgets are to be asked before those of places that its new team had left before it came.
create or replace function announce_key() returns trigger
    language plpgsql as
$$
declare
    other_root boolean;
begin
    if tg_op = 'DELETE' then
        perform announce('key', old.key_id::text, nextval('change_version'), tenant_root_of_key(old));
        delete from scope_move where scope_kind = 'key' and scope_id = old.key_id::text;
        return null;
    end if;
    perform announce('key', old.key_id::text, new.version, tenant_root_of_key(old));
    other_root := tenant_root_of_key(new) is distinct from tenant_root_of_key(old);
    if other_root then
        perform announce('key', new.key_id::text, new.version, tenant_root_of_key(new));
    end if;
    if other_root or new.team_id is distinct from old.team_id then
        -- Where the key was with the team that it leaves is from now on its own story.
        insert into scope_move (scope_kind, scope_id, root_kind, root_id, left_at)
        select 'key', old.key_id::text, m.root_kind, m.root_id, m.left_at
        from scope_move m
        where m.scope_kind = 'team' and m.scope_id = old.team_id
          and m.move_id > coalesce((select max(o.move_id) from scope_move o
                                    where o.scope_kind = 'key' and o.scope_id = old.key_id::text), 0)
        order by m.move_id;
        -- Where its new team had been is none of it: that ends with the place that the key was at, also where that is the present one.
        if other_root or exists (select from scope_move m where m.scope_kind = 'team' and m.scope_id = new.team_id) then
            perform note_move('key', old.key_id::text, tenant_root_of_key(old));
        end if;
    end if;
    return null;
end
$$;
