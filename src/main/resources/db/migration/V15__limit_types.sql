-- What a team or an organization may have a minute, and what its children may have together: keys of a team; teams, and keys without a team, of an
-- organization. Read where throughput is guaranteed.
create function throughput_under(parent_kind text, parent text, except_id text) returns jsonb
    language sql stable as
$$
with child as (select k.key_id::text as id, coalesce(k.tpm_limit, b.tpm_limit) as tpm, coalesce(k.rpm_limit, b.rpm_limit) as rpm,
                      k.model_tpm_limit, k.model_rpm_limit, k.further_limits -> 'modes' as modes
               from api_key k left join budget b on b.budget_id = k.budget_id
               where parent_kind = 'team' and k.team_id = parent
               union all
               select k.key_id::text, coalesce(k.tpm_limit, b.tpm_limit), coalesce(k.rpm_limit, b.rpm_limit),
                      k.model_tpm_limit, k.model_rpm_limit, k.further_limits -> 'modes'
               from api_key k left join budget b on b.budget_id = k.budget_id
               where parent_kind = 'organization' and k.organization_id = parent and k.team_id is null
               union all
               select t.team_id, t.tpm_limit, t.rpm_limit, t.model_tpm_limit, t.model_rpm_limit, t.further_limits -> 'modes'
               from team t
               where parent_kind = 'organization' and t.organization_id = parent),
     counted as (select * from child where except_id is null or id <> except_id),
     own as (select t.tpm_limit as tpm, t.rpm_limit as rpm, t.model_tpm_limit, t.model_rpm_limit
             from team t
             where parent_kind = 'team' and t.team_id = parent
             union all
             select b.tpm_limit, b.rpm_limit, o.model_tpm_limit, o.model_rpm_limit
             from organization o join budget b using (budget_id)
             where parent_kind = 'organization' and o.organization_id = parent)
select jsonb_build_object(
    'limits', (select jsonb_build_object('tpm', tpm, 'rpm', rpm, 'model_tpm', model_tpm_limit, 'model_rpm', model_rpm_limit) from own),
    'children', jsonb_build_object(
        'tpm', (select coalesce(sum(tpm), 0) from counted),
        'rpm', (select coalesce(sum(rpm), 0) from counted),
        'model_tpm', (select coalesce(jsonb_object_agg(model, total), '{}')
                      from (select m.key as model, sum(m.value::bigint) as total
                            from counted, jsonb_each_text(counted.model_tpm_limit) m group by m.key) models),
        'model_rpm', (select coalesce(jsonb_object_agg(model, total), '{}')
                      from (select m.key as model, sum(m.value::bigint) as total
                            from counted, jsonb_each_text(counted.model_rpm_limit) m group by m.key) models)),
    'tpm_guaranteed', exists (select from counted where modes ->> 'tpm_limit_type' = 'guaranteed_throughput'),
    'rpm_guaranteed', exists (select from counted where modes ->> 'rpm_limit_type' = 'guaranteed_throughput'))
$$;

-- What a member may spend in a team beyond its cap, until then; null for nothing.
alter table team_membership
    add column temp_budget_increase_nano bigint,
    add column temp_budget_expires_at    timestamptz;
