-- Runs outside of a transaction (platform/database/Migrations), a step at a time, so that nobody waits for it: keys are filled in by a few
-- thousand, each time for milliseconds, and indexes are made beside their writers. Whatever step it stops at, it can be run again.

-- Teams first and by id, as everybody locks: a team that is moving is waited for, so that its keys are not put back where they were.
do
$$
    declare
        done  uuid := '00000000-0000-0000-0000-000000000000';
        until uuid;
    begin
        loop
            select batch.key_id into until
            from (select k.key_id from api_key k where k.key_id > done order by k.key_id limit 2000) batch
            order by batch.key_id desc limit 1;
            exit when not found;
            perform from team t
            where t.team_id in (select k.team_id from api_key k where k.key_id > done and k.key_id <= until)
            order by t.team_id for share;
            update api_key k
            set effective_organization_id = p.organization_id
            from (select b.key_id, coalesce(t.organization_id, b.organization_id) as organization_id
                  from api_key b left join team t on t.team_id = b.team_id
                  where b.key_id > done and b.key_id <= until) p
            where k.key_id = p.key_id and k.effective_organization_id is distinct from p.organization_id;
            commit;
            done := until;
        end loop;
    end
$$;

-- An organization's keys in each order of the list. What a make of an index left behind when it was interrupted is taken away first.
drop index concurrently if exists api_key_in_organization;
create index concurrently api_key_in_organization on api_key (effective_organization_id, created_at desc, key_id)
    where effective_organization_id is not null;
drop index concurrently if exists api_key_in_organization_by_update;
create index concurrently api_key_in_organization_by_update on api_key (effective_organization_id, updated_at desc, key_id)
    where effective_organization_id is not null;
drop index concurrently if exists api_key_in_organization_by_token;
create index concurrently api_key_in_organization_by_token on api_key (effective_organization_id, secret_hash desc, key_id)
    where effective_organization_id is not null;
drop index concurrently if exists api_key_in_organization_by_alias;
create index concurrently api_key_in_organization_by_alias on api_key (effective_organization_id, key_alias desc nulls last, key_id)
    where effective_organization_id is not null;
drop index concurrently if exists api_key_in_organization_by_cap;
create index concurrently api_key_in_organization_by_cap on api_key (effective_organization_id, max_budget_nano desc, key_id)
    where effective_organization_id is not null;
drop index concurrently if exists api_key_in_organization_by_expiry;
create index concurrently api_key_in_organization_by_expiry on api_key (effective_organization_id, expires_at desc, key_id)
    where effective_organization_id is not null;

-- The keys of a team or a user are few enough to be sorted; with what they are sorted by in the index, no row is read for it.
drop index concurrently if exists api_key_in_team;
create index concurrently api_key_in_team on api_key (team_id, created_at desc, key_id)
    include (key_alias, updated_at, max_budget_nano, expires_at) where team_id is not null;
drop index concurrently if exists api_key_in_user;
create index concurrently api_key_in_user on api_key (user_id, created_at desc, key_id)
    include (key_alias, updated_at, max_budget_nano, expires_at) where user_id is not null;
drop index concurrently if exists api_key_of_team;
drop index concurrently if exists api_key_of_user;

-- An organization's teams in the other orders of their list.
drop index concurrently if exists team_in_organization_by_alias;
create index concurrently team_in_organization_by_alias on team (organization_id, team_alias, team_id) where organization_id is not null;
drop index concurrently if exists team_in_organization_by_id;
create index concurrently team_in_organization_by_id on team (organization_id, team_id) where organization_id is not null;
