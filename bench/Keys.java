import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.List;

/**
 * Makes keys of one organization by SQL: {@code java -cp POSTGRESQL_DRIVER bench/Keys.java URL KEYS}. Key n has the secret {@code sk-bench-n}. A hundredth
 * as many teams, a tenth as many users; eight limits on four levels, so high that nothing is refused: requests and tokens on key, team and
 * organization, money on team member and team. What is there stays.
 *
 * <p>Loopback only. Triggers and foreign keys are off while it fills: nothing here is to be announced to anybody.
 */
public final class Keys {

    private static final List<String> STATEMENTS = List.of(
            """
            insert into budget (budget_id, owner_kind, owner_id, tpm_limit, rpm_limit, created_by, updated_by)
            values ('bench-org', 'organization', 'bench-org', 10000000000, 100000000, 'bench', 'bench') on conflict do nothing""",
            """
            insert into budget (budget_id, max_budget_nano, created_by, updated_by)
            values ('bench-member', 1000000000000000, 'bench', 'bench') on conflict do nothing""",
            """
            insert into organization (organization_id, organization_alias, budget_id, created_by, updated_by)
            values ('bench-org', 'bench', 'bench-org', 'bench', 'bench') on conflict do nothing""",
            """
            insert into team (team_id, team_alias, organization_id, max_budget_nano, tpm_limit, rpm_limit, created_by, updated_by)
            select 'bench-team-' || n, 'bench-' || n, 'bench-org', 1000000000000000, 10000000000, 100000000, 'bench', 'bench'
            from generate_series(0, greatest(:keys / 100, 1) - 1) n on conflict do nothing""",
            """
            insert into app_user (user_id, user_email, user_role, created_by, updated_by)
            select 'bench-user-' || n, 'bench-' || n || '@example.com', 'internal_user', 'bench', 'bench'
            from generate_series(0, greatest(:keys / 10, 1) - 1) n on conflict do nothing""",
            """
            insert into team_membership (team_id, user_id, role, budget_id)
            select distinct 'bench-team-' || n % greatest(:keys / 100, 1), 'bench-user-' || n % greatest(:keys / 10, 1), 'user', 'bench-member'
            from generate_series(1, :keys) n on conflict do nothing""",
            """
            insert into api_key (key_id, secret_hash, key_name, user_id, team_id, tpm_limit, rpm_limit, created_by, updated_by)
            select md5('bench-' || n)::uuid, encode(sha256(convert_to('sk-bench-' || n, 'UTF8')), 'hex'), 'sk-...' || right('0000' || n, 4),
                   'bench-user-' || n % greatest(:keys / 10, 1), 'bench-team-' || n % greatest(:keys / 100, 1), 10000000000, 100000000,
                   'bench', 'bench'
            from generate_series(1, :keys) n on conflict do nothing""");

    private Keys() {}

    public static void main(String[] args) throws SQLException {
        if (args.length != 2 || !args[0].startsWith("jdbc:postgresql://127.0.0.1:")) {
            throw new IllegalArgumentException("Usage: Keys jdbc:postgresql://127.0.0.1:PORT/… KEYS");
        }
        int keys = Integer.parseInt(args[1]);
        try (var connection = DriverManager.getConnection(args[0])) {
            execute(connection, "set session_replication_role = replica");
            execute(connection, "set synchronous_commit = off");
            for (var sql : STATEMENTS) {
                execute(connection, sql.replace(":keys", String.valueOf(keys)));
            }
            // what autovacuum does a minute later
            execute(connection, "vacuum (analyze)");
            execute(connection, "checkpoint");
        }
    }

    private static void execute(Connection connection, String sql) throws SQLException {
        try (var statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }
}
