package io.tenantry.testing;

import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/** Looks for an id in every row of every table, so that a table that somebody adds later is looked into as well. */
public final class Rows {

    /** They keep history. */
    private static final Set<String> LEDGER_AND_TRAIL = Set.of(
            "spend_total", "daily_usage", "audit_log", "change_outbox", "deleted_api_key", "flyway_schema_history");

    private static final String COLUMNS = """
            select c.table_name, c.column_name, c.data_type from information_schema.columns c
            join information_schema.tables t using (table_schema, table_name)
            where c.table_schema = 'public' and t.table_type = 'BASE TABLE'
              and c.data_type in ('text', 'character varying', 'uuid', 'jsonb', 'ARRAY')""";

    private Rows() {}

    /** {@code table.column} of everything that refers to the id, alone or as a part of a member's id. */
    public static List<String> referringTo(String id) {
        var found = new ArrayList<String>();
        try (var connection = StoreAccess.database();
                var columns = connection.createStatement().executeQuery(COLUMNS)) {
            while (columns.next()) {
                var table = columns.getString(1);
                if (LEDGER_AND_TRAIL.contains(table) || table.startsWith("usage_event")) {
                    continue;
                }
                var column = columns.getString(2);
                if (StoreAccess.queryOne(
                                "select 1 from \"%s\" where strpos(\"%s\"::text, ?) > 0 limit 1"
                                        .formatted(table, column),
                                id)
                        != null) {
                    found.add(table + "." + column);
                }
            }
        } catch (SQLException failure) {
            throw new IllegalStateException(failure);
        }
        return found;
    }
}
