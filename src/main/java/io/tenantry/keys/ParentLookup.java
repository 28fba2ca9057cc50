package io.tenantry.keys;

import io.smallrye.mutiny.Uni;
import io.tenantry.core.Caller;
import io.tenantry.tenancy.LimitColumns;
import io.vertx.mutiny.sqlclient.Pool;
import io.vertx.mutiny.sqlclient.Row;
import io.vertx.mutiny.sqlclient.RowSet;
import io.vertx.mutiny.sqlclient.Tuple;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.List;

/** Reads all that a new key is to belong to in one statement. */
@ApplicationScoped
class ParentLookup {

    private static final String PARENTS = """
            select u.user_id, models_with_groups(u.models, '{}') as user_models, u.max_budget_nano as user_max_budget_nano,
                   u.tpm_limit as user_tpm_limit, u.rpm_limit as user_rpm_limit,
                   t.team_id, t.organization_id as team_organization_id, t.object_permission_id as team_permission_id,
                   models_with_groups(t.models, t.access_group_ids) as team_models, t.max_budget_nano as team_max_budget_nano,
                   t.tpm_limit as team_tpm_limit, t.rpm_limit as team_rpm_limit,
                   exists (select from team_membership m where m.team_id = t.team_id and m.user_id = $5) as caller_in_team,
                   o.organization_id, o.object_permission_id as organization_permission_id,
                   models_with_groups(o.models, '{}') as organization_models,
                   ob.max_budget_nano as organization_max_budget_nano, ob.tpm_limit as organization_tpm_limit,
                   ob.rpm_limit as organization_rpm_limit,
                   b.budget_id, b.max_budget_nano, b.tpm_limit, b.rpm_limit
            from (values (1)) as one (row)
            left join app_user u on u.user_id = $1
            left join team t on t.team_id = $2
            left join organization o on o.organization_id = coalesce(t.organization_id, $3)
            left join budget ob on ob.budget_id = o.budget_id
            left join budget b on b.budget_id = $4 and b.owner_kind is null""";

    private final Pool pool;

    ParentLookup(Pool pool) {
        this.pool = pool;
    }

    Uni<KeyParents> of(KeyOwner asked, Caller caller) {
        var ids = Tuple.of(asked.userId(), asked.teamId(), asked.organizationId(), asked.budgetId(), caller.userId());
        return pool.preparedQuery(PARENTS).execute(ids).map(rows -> parents(asked, rows));
    }

    private static KeyParents parents(KeyOwner asked, RowSet<Row> rows) {
        var row = rows.iterator().next();
        return new KeyParents(
                asked,
                parent(row, "user", null, null),
                parent(row, "team", row.getString("team_organization_id"), row.getString("team_permission_id")),
                parent(row, "organization", null, row.getString("organization_permission_id")),
                row.getString("budget_id") == null ? null : budget(row),
                row.getBoolean("caller_in_team"));
    }

    private static KeyParent parent(Row row, String kind, String organizationId, String permissionId) {
        var id = row.getString(kind + "_id");
        return id == null
                ? null
                : new KeyParent(
                        kind,
                        id,
                        organizationId,
                        permissionId,
                        List.of(row.getArrayOfStrings(kind + "_models")),
                        row.getLong(kind + "_max_budget_nano"),
                        row.getLong(kind + "_tpm_limit"),
                        row.getLong(kind + "_rpm_limit"));
    }

    private static LimitColumns budget(Row row) {
        var limits = new LimitColumns();
        limits.maxBudgetNano = row.getLong("max_budget_nano");
        limits.tpmLimit = row.getLong("tpm_limit");
        limits.rpmLimit = row.getLong("rpm_limit");
        return limits;
    }
}
