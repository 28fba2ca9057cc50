import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.List;

/**
 * Fills the tables that lists read, by SQL: {@code java -cp POSTGRESQL_DRIVER bench/Fill.java URL KEYS TEAMS ORGANIZATIONS USERS SECRET_HASH
 * SECRET_HASH}. What is there stays, so that a second run makes the same tables larger. The secrets are of the admin of the large organization
 * and of a plain user.
 *
 * <p>Beside what grows there is a tenant that does not: {@code org-1} with the one team {@code team-1} and 100 keys, all of {@code user-1}; its
 * names begin with {@code prime}. Two grow with the rest: {@code org-2} has a tenth of all teams and keys, {@code team-10} a hundredth of all keys.
 *
 * <p>Loopback only. Triggers and foreign keys are off while it fills: nothing here is to be announced to anybody.
 */
public final class Fill {

    private static final List<String> STATEMENTS = List.of(
            """
            insert into budget (budget_id, owner_kind, owner_id, max_budget_nano, created_by, updated_by, created_at)
            select 'budget-org-' || n, 'organization', 'org-' || n, n * 1000000000::bigint, 'bench', 'bench', moment(n)
            from generate_series(1, :organizations) n on conflict do nothing""",
            """
            insert into budget (budget_id, max_budget_nano, created_by, updated_by, created_at)
            select 'budget-' || n, n * 1000000000::bigint, 'bench', 'bench', moment(n)
            from generate_series(1, :organizations) n on conflict do nothing""",
            """
            insert into organization (organization_id, organization_alias, budget_id, created_by, updated_by, created_at)
            select 'org-' || n, case when n = 1 then 'prime' else 'organization-' || n end, 'budget-org-' || n, 'bench', 'bench', moment(n)
            from generate_series(1, :organizations) n on conflict do nothing""",
            """
            insert into team (team_id, team_alias, organization_id, max_budget_nano, created_by, updated_by, created_at)
            select 'team-' || n, case when n = 1 then 'prime' else 'team-alias-' || n end,
                   case when n = 1 then 'org-1' when n % 10 = 0 then 'org-2' when n % 10 = 5 then null
                        else 'org-' || 3 + n % (:organizations - 2) end,
                   n * 1000000::bigint, 'bench', 'bench', moment(n)
            from generate_series(1, :teams) n on conflict do nothing""",
            """
            insert into app_user (user_id, user_email, user_alias, user_role, created_by, updated_by, created_at)
            select 'user-' || n, case when n = 1 then 'prime' else 'person-' || n end || '@example.com', 'name-' || n,
                   case when n % 100 = 99 then 'proxy_admin_viewer' else 'internal_user' end, 'bench', 'bench', moment(n)
            from generate_series(1, :users) n on conflict do nothing""",
            """
            insert into organization_membership (organization_id, user_id, user_role)
            select case when n = 1 then 'org-1' when n = 2 or n % 10 = 0 then 'org-2' else 'org-' || 3 + n % (:organizations - 2) end,
                   'user-' || n, case when n = 2 then 'org_admin' else 'internal_user' end
            from generate_series(1, :users) n on conflict do nothing""",
            """
            insert into team_membership (team_id, user_id, role)
            select case when n = 1 then 'team-1' when n % 100 = 0 then 'team-10' else 'team-' || 2 + n % (:teams - 1) end, 'user-' || n, 'user'
            from generate_series(1, :users) n on conflict do nothing""",
            """
            insert into api_key (key_id, secret_hash, key_name, key_alias, user_id, team_id, organization_id, effective_organization_id,
                                 max_budget_nano, expires_at, created_by, updated_by, created_at, updated_at)
            select md5('key-' || n)::uuid, encode(sha256(convert_to('key-' || n, 'UTF8')), 'hex'), 'sk-...' || right('0000' || n, 4),
                   case when n <= 100 then 'prime-' else 'alias-' end || n,
                   case when n <= 100 then 'user-1' else 'user-' || 3 + n % (:users - 2) end,
                   k.team_id, k.organization_id, coalesce(t.organization_id, k.organization_id),
                   case when n % 2 = 0 then n * 1000000::bigint end,
                   case when n % 3 = 0 then now() + n * interval '1 minute' end,
                   'bench', 'bench', moment(n), moment(n + 1)
            from (select n, case when n <= 100 then 'team-1' when n % 100 = 0 then 'team-10'
                                 when n % 10 = 0 then 'team-' || 10 * (1 + n % (:teams / 10))
                                 when n % 10 in (5, 7) then null else 'team-' || 3 + n % (:teams - 2) end as team_id,
                         case when n > 100 and n % 100 = 7 then 'org-2' end as organization_id
                  from generate_series(1, :keys) n) k
            left join team t using (team_id) on conflict do nothing""",
            """
            insert into api_key (key_id, secret_hash, key_name, user_id, created_by, updated_by, created_at)
            values (md5('key-of-admin')::uuid, ':admin', 'sk-...', 'user-2', 'bench', 'bench', '2026-01-01'),
                   (md5('key-of-user')::uuid, ':user', 'sk-...', 'user-1', 'bench', 'bench', '2026-01-01') on conflict do nothing""",
            """
            insert into deleted_api_key (key_id, secret_hash, key_name, key_alias, user_id, team_id, deleted_at, deleted_by)
            select md5('deleted-' || n)::uuid, encode(sha256(convert_to('deleted-' || n, 'UTF8')), 'hex'), 'sk-...', 'gone-' || n,
                   'user-' || 3 + n % (:users - 2), 'team-' || 3 + n % (:teams - 2), moment(n), 'bench'
            from generate_series(1, :users) n on conflict do nothing""",
            """
            insert into end_user (end_user_id, alias, created_by, updated_by, created_at)
            select 'customer-' || n, 'customer ' || n, 'bench', 'bench', moment(n)
            from generate_series(1, :users) n on conflict do nothing""",
            """
            insert into tag (name, created_by, updated_by, created_at)
            select 'tag-' || n, 'bench', 'bench', moment(n) from generate_series(1, :organizations) n on conflict do nothing""",
            """
            insert into audit_log (audit_id, at, actor_user_id, actor_key_id, action, object_kind, object_id, organization_id, after_value)
            select md5('audit-' || n)::uuid, moment(n), 'user-' || 3 + n % (:users - 2), null,
                   case when n % 100 = 0 then 'deleted' else 'created' end, case when n % 10 = 0 then 'team' else 'key' end, 'object-' || n,
                   case when n <= 100 then 'org-1' when n % 10 = 0 then 'org-2' else 'org-' || 3 + n % (:organizations - 2) end,
                   jsonb_build_object('team_id', 'team-' || 3 + n % (:teams - 2))
            from generate_series(1, :keys) n on conflict do nothing""",
            """
            insert into usage_event (day, request_id, key_id, api_key, user_id, team_id, model, input_tokens, output_tokens, total_tokens, cost_nano,
                                     status, admitted_at)
            select current_date, 'request-' || n, md5('key-' || case when n <= 100 then 1 else n end)::uuid,
                   encode(sha256(convert_to('key-' || case when n <= 100 then 1 else n end, 'UTF8')), 'hex'),
                   'user-' || 3 + n % (:users - 2), 'team-' || 3 + n % (:teams - 2), 'gpt-4o', 900, 100, 1000, 1000000, 'success',
                   current_date + n * interval '1 millisecond'
            from generate_series(1, :keys) n on conflict do nothing""",
            """
            insert into daily_usage (day, organization_id, team_id, user_id, key_id, model, provider, tag, requests, input_tokens, output_tokens,
                                     spend_nano)
            select current_date - abs(hashint4(n)) % 30, coalesce(k.effective_organization_id, ''), coalesce(k.team_id, ''), k.user_id,
                   k.key_id::text, 'gpt-4o', 'openai', '', 10, 9000, 1000, 10000000
            from generate_series(1, :keys) n join api_key k on k.key_id = md5('key-' || n)::uuid on conflict do nothing""",
            """
            insert into spend_total (scope_kind, scope_id, period, period_start, period_end, spend_nano)
            select kind, id, 'lifetime', 'epoch', '9999-12-31 00:00:00+00', 1000000
            from (select 'key' as kind, key_id::text as id from api_key union all select 'team', team_id from team
                  union all select 'user', user_id from app_user union all select 'organization', organization_id from organization
                  union all select 'team_member', team_id || '/' || user_id from team_membership) scopes
            on conflict do nothing""");

    // Moments spread over a year, in no order, so that no list is read in the order in which its rows were written.
    private static final String MOMENT = """
            create or replace function pg_temp.moment(n int) returns timestamptz language sql immutable as
            $$ select timestamptz '2026-01-01 00:00:00+00' + hashint4(n) * interval '7 milliseconds' $$""";

    private Fill() {}

    public static void main(String[] args) throws SQLException {
        if (args.length != 7 || !args[0].startsWith("jdbc:postgresql://127.0.0.1:")) {
            throw new IllegalArgumentException("Usage: Fill jdbc:postgresql://127.0.0.1:PORT/… KEYS TEAMS ORGANIZATIONS USERS HASH HASH");
        }
        try (var connection = DriverManager.getConnection(args[0])) {
            execute(connection, "set session_replication_role = replica");
            execute(connection, "set synchronous_commit = off");
            execute(connection, MOMENT);
            for (var sql : STATEMENTS) {
                execute(connection, filledIn(sql, args));
            }
            // what autovacuum does a minute later
            execute(connection, "vacuum (analyze)");
        }
    }

    private static String filledIn(String sql, String[] args) {
        return sql.replace("moment(", "pg_temp.moment(")
                .replace(":keys", args[1])
                .replace(":teams", args[2])
                .replace(":organizations", args[3])
                .replace(":users", args[4])
                .replace(":admin", args[5])
                .replace(":user", args[6]);
    }

    private static void execute(Connection connection, String sql) throws SQLException {
        try (var statement = connection.createStatement()) {
            long start = System.nanoTime();
            statement.execute(sql);
            long took = (System.nanoTime() - start) / 1_000_000;
            if (took > 5_000) {
                System.err.printf("  %d s  %s%n", took / 1_000, sql.strip().lines().findFirst().orElse(""));
            }
        }
    }
}
