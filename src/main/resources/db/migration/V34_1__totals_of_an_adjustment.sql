-- What adjust_usage answers as "totals" when it books an adjustment, as they are now: an adjustment that is sent again may be one that Redis was never told of.
create function adjusted_totals(entry jsonb) returns jsonb
    language sql stable as
$$
select coalesce(jsonb_agg(jsonb_build_array(t.scope_kind, t.scope_id, t.period, extract(epoch from t.period_start)::bigint,
                                            extract(epoch from t.period_end)::bigint, t.spend_nano - coalesce(t.carried_nano, 0), t.total_tokens,
                                            t.requests, t.epoch)), '[]')
from jsonb_to_record(entry) as e(model text, admitted_model text, admitted_at timestamptz, scopes jsonb)
     cross join lateral jsonb_to_recordset(e.scopes) as s(kind text, id text)
     cross join lateral (values (s.kind, s.id), (s.kind || '_model', id_of_model_total(s.kind, s.id, coalesce(e.admitted_model, e.model)))) as c(kind, id)
     join spend_total t on t.scope_kind = c.kind and t.scope_id = c.id and t.period_start <= e.admitted_at and e.admitted_at < t.period_end
$$;
