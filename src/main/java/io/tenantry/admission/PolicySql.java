package io.tenantry.admission;

/** The statements that read all that a {@link Policy} is built from: one row for each key, which a {@link PolicyReader} understands. */
final class PolicySql {

    /** Columns of a level's limits are prefixed: k key, b the key's linked budget, m team member, u user, t team, p organization member, o organization. */
    private static final String COLUMNS_OF = """
            select k.key_id, s.secret_hash, k.key_alias, k.key_type, k.user_id, k.team_id,
                   models_with_groups(k.models, k.access_group_ids) as models, k.aliases, k.allowed_routes,
                   k.guardrails, k.tags, k.blocked, least(k.expires_at, s.valid_until) as expires_at, k.metadata,
                   k.version, k.temp_budget_increase_nano, k.temp_budget_expires_at,
                   (select jsonb_agg(jsonb_build_object('period', a.period, 'start', extract(epoch from a.period_start)::bigint,
                                                        'nano', a.forgiven_nano))
                    from spend_adjustment a
                    where a.scope_kind = 'key' and a.scope_id = k.key_id::text and a.period_end > now()) as forgiven,
                   k.max_budget_nano as k_max, k.soft_budget_nano as k_soft, k.budget_duration as k_period, k.tpm_limit as k_tpm,
                   k.rpm_limit as k_rpm, k.max_parallel_requests as k_parallel,
                   k.further_limits as k_further, k.created_at as k_since, k.model_tpm_limit as k_model_tpm,
                   k.model_rpm_limit as k_model_rpm,
                   b.budget_id as b_budget, b.max_budget_nano as b_max, b.soft_budget_nano as b_soft, b.budget_duration as b_period, b.tpm_limit as b_tpm,
                   b.rpm_limit as b_rpm, b.max_parallel_requests as b_parallel,
                   b.further_limits as b_further, b.created_at as b_since,
                   u.blocked as u_blocked, models_with_groups(u.models, '{}') as u_models, u.allowed_model_region,
                   u.allowed_model_max_input_tokens, u.allowed_model_max_output_tokens,
                   u.max_budget_nano as u_max, u.soft_budget_nano as u_soft, u.budget_duration as u_period, u.tpm_limit as u_tpm,
                   u.rpm_limit as u_rpm, u.max_parallel_requests as u_parallel,
                   u.further_limits as u_further, u.created_at as u_since,
                   t.team_alias, t.organization_id as t_organization_id, t.blocked as t_blocked,
                   models_with_groups(t.models, t.access_group_ids) as t_models,
                   t.model_aliases, t.guardrails as t_guardrails, t.tags as t_tags, t.metadata as t_metadata, coalesce(t.version, 0) as t_version,
                   t.max_budget_nano as t_max, t.soft_budget_nano as t_soft, t.budget_duration as t_period, t.tpm_limit as t_tpm,
                   t.rpm_limit as t_rpm, t.max_parallel_requests as t_parallel,
                   t.further_limits as t_further, t.created_at as t_since, t.model_tpm_limit as t_model_tpm,
                   t.model_rpm_limit as t_model_rpm,
                   models_with_groups(tm.models, '{}') as m_models, tm.temp_budget_increase_nano as m_temp_budget_increase_nano,
                   tm.temp_budget_expires_at as m_temp_budget_expires_at,
                   (select jsonb_agg(jsonb_build_object('period', a.period, 'start', extract(epoch from a.period_start)::bigint,
                                                        'nano', a.forgiven_nano))
                    from spend_adjustment a
                    where a.scope_kind = 'team_member' and a.scope_id = tm.team_id || '/' || tm.user_id and a.period_end > now()) as m_forgiven,
                   tb.budget_id as m_budget, tb.max_budget_nano as m_max, tb.soft_budget_nano as m_soft, tb.budget_duration as m_period, tb.tpm_limit as m_tpm,
                   tb.rpm_limit as m_rpm, tb.max_parallel_requests as m_parallel,
                   tb.further_limits as m_further, tm.created_at as m_since,
                   %2$s as organization_id, o.blocked as o_blocked, models_with_groups(o.models, '{}') as o_models, o.tags as o_tags, coalesce(o.version, 0) as o_version,
                   o.model_tpm_limit as o_model_tpm, o.model_rpm_limit as o_model_rpm,
                   ob.budget_id as o_budget, ob.max_budget_nano as o_max, ob.soft_budget_nano as o_soft, ob.budget_duration as o_period, ob.tpm_limit as o_tpm,
                   ob.rpm_limit as o_rpm, ob.max_parallel_requests as o_parallel,
                   ob.further_limits as o_further, o.created_at as o_since,
                   pb.budget_id as p_budget, pb.max_budget_nano as p_max, pb.soft_budget_nano as p_soft, pb.budget_duration as p_period, pb.tpm_limit as p_tpm,
                   pb.rpm_limit as p_rpm, pb.max_parallel_requests as p_parallel,
                   pb.further_limits as p_further, om.created_at as p_since,
                   (select jsonb_agg(jsonb_build_array(v.scope_kind, v.root_kind, v.root_id, extract(epoch from v.left_at)::bigint) order by v.move_id)
                    from scope_move v
                    where (v.scope_kind = 'team' and v.scope_id = k.team_id) or (v.scope_kind = 'key' and v.scope_id = k.key_id::text)) as moves,
                   object_permission_terms(k.object_permission_id) as k_objects, object_permission_terms(u.object_permission_id) as u_objects,
                   object_permission_terms(t.object_permission_id) as t_objects, object_permission_terms(o.object_permission_id) as o_objects
            from key_secret s
            join %1$s k on k.key_id = s.key_id
            left join budget b on b.budget_id = k.budget_id
            left join app_user u on u.user_id = k.user_id
            left join team t on t.team_id = k.team_id
            left join team_membership tm on tm.team_id = k.team_id and tm.user_id = k.user_id
            left join budget tb on tm.user_id is not null and tb.budget_id = coalesce(tm.budget_id, t.member_budget_id)
            left join organization o on o.organization_id = %2$s
            left join budget ob on ob.budget_id = o.budget_id
            left join organization_membership om on om.organization_id = o.organization_id and om.user_id = k.user_id
            left join budget pb on pb.budget_id = om.budget_id
            """;

    private static final String SELECT =
            COLUMNS_OF.formatted("api_key", "coalesce(t.organization_id, k.organization_id)");

    static final String BY_HASH = SELECT + "where s.secret_hash = $1";

    /** A statement of its own: the plan for one is not the plan for many. */
    static final String BY_HASHES = SELECT + "where s.secret_hash = any ($1)";

    /** A key that was rotated has several secrets; named by its id it is the present one. */
    static final String BY_HASHES_AND_IDS =
            SELECT + "where s.secret_hash = any ($1) or (k.key_id = any ($2) and s.secret_hash = k.secret_hash)";

    /** As if the key were of another user ($2), team ($3) and organization ($4); what does not exist any more has no limits. */
    static final String BY_ID_AT_PLACE = COLUMNS_OF.formatted("""
                    (select placed.*
                     from api_key present,
                          jsonb_populate_record(present, jsonb_build_object('user_id', $2::text, 'team_id', $3::text)) placed
                     where present.key_id = $1)""", "$4::text") + "where s.secret_hash = k.secret_hash";

    private PolicySql() {}
}
