-- The organization that a key belongs to, through its team or by itself, kept beside the key: so the keys of an organization are one range of an
-- index, however many teams it has. See docs/decisions/0016. The column is filled and indexed by V20, which holds nobody off.

-- A start that cannot have the table for a moment fails and is tried again, instead of making everybody wait behind it.
set local lock_timeout = '10s';

alter table api_key add column effective_organization_id text;

-- Shared: a team that is just moving is waited for, and one that is about to move waits for this key and then takes it along.
create function place_key_in_organization() returns trigger
    language plpgsql as
$$
declare
    of_team text;
begin
    select t.organization_id into of_team from team t where t.team_id = new.team_id for share;
    new.effective_organization_id := coalesce(of_team, new.organization_id);
    return new;
end
$$;
create trigger organization_of_new_key before insert on api_key
    for each row execute function place_key_in_organization();
-- Only where the key really moves: whoever moves it holds the team already, and nobody else may wait for a team while holding a key.
create trigger organization_of_key before update of team_id, organization_id on api_key
    for each row when (new.team_id is distinct from old.team_id or new.organization_id is distinct from old.organization_id)
    execute function place_key_in_organization();

create function take_keys_along() returns trigger
    language plpgsql as
$$
begin
    update api_key k set effective_organization_id = coalesce(new.organization_id, k.organization_id)
    where k.team_id = new.team_id;
    return null;
end
$$;
create trigger keys_move_with_team after update of organization_id on team
    for each row when (new.organization_id is distinct from old.organization_id) execute function take_keys_along();

-- A key that only followed its team has not changed: the team's version tells it. Neither its own version nor its updated_at moves.
create or replace trigger version_of_key before update on api_key
    for each row when (new.effective_organization_id is not distinct from old.effective_organization_id
                       or new.team_id is distinct from old.team_id or new.organization_id is distinct from old.organization_id)
    execute function take_version();
create or replace trigger announcement_of_key after update on api_key
    for each row when (new.effective_organization_id is not distinct from old.effective_organization_id
                       or new.team_id is distinct from old.team_id or new.organization_id is distinct from old.organization_id)
    execute function announce_key();
create trigger announcement_of_deleted_key after delete on api_key
    for each row execute function announce_key();
