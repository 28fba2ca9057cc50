-- What the service commits for a group of settlements, written by hand: the same rows in the same tables in one transaction. For pgbench with
-- -D group=…, settlements in one transaction, and -D keys=…, which Keys.java has made: as many teams as a hundredth of them, users a tenth.
\set first random(1, :keys)
\set run random(1, 9000000000000000)
begin;
insert into usage_event (day, request_id, key_id, api_key, user_id, team_id, organization_id, model, provider, input_tokens, output_tokens,
                         total_tokens, cost_nano, status, admitted_at)
select current_date, 'pgbench-' || :run || '-' || n, md5('bench-' || k)::uuid, encode(sha256(convert_to('sk-bench-' || k, 'UTF8')), 'hex'),
       'bench-user-' || k % (:keys / 10), 'bench-team-' || k % (:keys / 100), 'bench-org', 'gpt-4o', 'openai', 900, 100, 1000, 3250000, 'success', now()
from (select n, 1 + (:first + n) % :keys as k from generate_series(1, :group) n) used
order by 2
on conflict do nothing;
insert into spend_total as t (scope_kind, scope_id, period, period_start, period_end, spend_nano, requests, input_tokens, output_tokens, total_tokens)
select kind, id, 'lifetime', 'epoch', '9999-12-31 00:00:00+00', sum(3250000), count(*), sum(900), sum(100), sum(1000)
from (select 'bench-user-' || k % (:keys / 10) as u, 'bench-team-' || k % (:keys / 100) as m, md5('bench-' || k)::uuid::text as key
      from (select 1 + (:first + n) % :keys as k from generate_series(1, :group) n) used) ids,
     lateral (values ('key', key), ('user', u), ('team', m), ('organization', 'bench-org'), ('team_member', m || '/' || u),
                     ('organization_member', 'bench-org/' || u)) scopes(kind, id)
group by kind, id
order by kind, id
on conflict (scope_kind, scope_id, period, period_start) do update
    set spend_nano    = t.spend_nano + excluded.spend_nano,
        requests      = t.requests + excluded.requests,
        input_tokens  = t.input_tokens + excluded.input_tokens,
        output_tokens = t.output_tokens + excluded.output_tokens,
        total_tokens  = t.total_tokens + excluded.total_tokens;
insert into daily_usage as t (day, organization_id, team_id, user_id, key_id, model, provider, tag, requests, input_tokens, output_tokens, spend_nano)
select current_date, 'bench-org', 'bench-team-' || k % (:keys / 100), 'bench-user-' || k % (:keys / 10), md5('bench-' || k)::uuid::text, 'gpt-4o',
       'openai', '', count(*), sum(900), sum(100), sum(3250000)
from (select 1 + (:first + n) % :keys as k from generate_series(1, :group) n) used
group by k
order by 3, 4, 5
on conflict (day, organization_id, team_id, user_id, key_id, model, provider, tag) do update
    set requests      = t.requests + excluded.requests,
        input_tokens  = t.input_tokens + excluded.input_tokens,
        output_tokens = t.output_tokens + excluded.output_tokens,
        spend_nano    = t.spend_nano + excluded.spend_nano;
commit;
