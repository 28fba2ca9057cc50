-- A setting may name a shared budget that is not there yet, or was deleted: customers without one of their own, or all requests, go without a budget then, and
-- instances remember that. So that they learn of it, making a shared budget is announced as changing one is.
create or replace function announce_budget() returns trigger
    language plpgsql as
$$
declare
    b budget := case tg_op when 'DELETE' then old else new end;
begin
    if b.owner_kind is null then
        perform announce('budget', b.budget_id, case tg_op when 'DELETE' then nextval('change_version') else b.version end,
                         row ('budget', b.budget_id)::tenant_root);
    end if;
    return null;
end
$$;
create trigger announcement_of_new_budget after insert on budget for each row execute function announce_budget();
