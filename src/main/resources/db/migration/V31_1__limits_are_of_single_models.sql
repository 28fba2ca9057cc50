-- A limit for a model is found by the model's name, or by the alias under which it was asked for. For the name of an access group nobody asks: such a limit would be
-- stored and limit nothing. So it is refused, by whatever route it comes; StoreFailures says it in the caller's words. A name that has stood there before the group
-- was made stays, and one that is also a model of its group is that model's.
create function refuse_limits_of_access_groups() returns trigger
    language plpgsql as
$$
declare
    after  jsonb := to_jsonb(new);
    before jsonb := case tg_op when 'UPDATE' then to_jsonb(old) else '{}' end;
    named  text;
begin
    select f.field || '.' || m.model into named
    from (values ('model_rpm_limit', array ['model_rpm_limit']), ('model_tpm_limit', array ['model_tpm_limit']),
                 ('model_itpm_limit', array ['further_limits', 'model_itpm']), ('model_otpm_limit', array ['further_limits', 'model_otpm']),
                 ('model_max_budget', array ['further_limits', 'models'])) as f(field, path)
         cross join lateral jsonb_object_keys(case jsonb_typeof(after #> f.path) when 'object' then after #> f.path else '{}' end) as m(model)
         join access_group g on g.access_group_name = m.model
    where not coalesce(before #> f.path ? m.model, false) and m.model <> all (g.models)
    order by 1
    limit 1;
    if found then
        raise exception using errcode = 'TN001', message = '<<' || named || '>>';
    end if;
    return new;
end
$$;

create trigger new_limits_of_budget before insert on budget
    for each row when (new.further_limits is not null) execute function refuse_limits_of_access_groups();
create trigger limits_of_budget before update of further_limits on budget
    for each row when (new.further_limits is distinct from old.further_limits) execute function refuse_limits_of_access_groups();
create trigger new_limits_of_user before insert on app_user
    for each row when (new.further_limits is not null) execute function refuse_limits_of_access_groups();
create trigger limits_of_user before update of further_limits on app_user
    for each row when (new.further_limits is distinct from old.further_limits) execute function refuse_limits_of_access_groups();
create trigger new_limits_of_organization before insert on organization
    for each row when (new.model_rpm_limit <> '{}' or new.model_tpm_limit <> '{}') execute function refuse_limits_of_access_groups();
create trigger limits_of_organization before update of model_rpm_limit, model_tpm_limit on organization
    for each row when (new.model_rpm_limit is distinct from old.model_rpm_limit or new.model_tpm_limit is distinct from old.model_tpm_limit)
    execute function refuse_limits_of_access_groups();
create trigger new_limits_of_team before insert on team
    for each row when (new.model_rpm_limit <> '{}' or new.model_tpm_limit <> '{}' or new.further_limits is not null)
    execute function refuse_limits_of_access_groups();
create trigger limits_of_team before update of model_rpm_limit, model_tpm_limit, further_limits on team
    for each row when (new.model_rpm_limit is distinct from old.model_rpm_limit or new.model_tpm_limit is distinct from old.model_tpm_limit
                       or new.further_limits is distinct from old.further_limits)
    execute function refuse_limits_of_access_groups();
create trigger new_limits_of_key before insert on api_key
    for each row when (new.model_rpm_limit <> '{}' or new.model_tpm_limit <> '{}' or new.further_limits is not null)
    execute function refuse_limits_of_access_groups();
create trigger limits_of_key before update of model_rpm_limit, model_tpm_limit, further_limits on api_key
    for each row when (new.model_rpm_limit is distinct from old.model_rpm_limit or new.model_tpm_limit is distinct from old.model_tpm_limit
                       or new.further_limits is distinct from old.further_limits)
    execute function refuse_limits_of_access_groups();
