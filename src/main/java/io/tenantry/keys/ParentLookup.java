package io.tenantry.keys;

import io.quarkus.hibernate.reactive.panache.Panache;
import io.smallrye.mutiny.Uni;
import io.tenantry.core.Caller;
import io.tenantry.tenancy.LimitColumns;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Reads all that keys are to belong to in one statement, after holding it: nobody lowers a limit or deletes a parent between the check
 * and the commit. Runs in the caller's transaction.
 */
@ApplicationScoped
class ParentLookup {

    private static final String HOLD = "select cast(hold_key_parents(cast(cast(:asked as text) as jsonb)) as text)";

    private static final String PARENTS = """
            select cast(jsonb_agg(to_jsonb(p) order by p.n) as text)
            from (select a.n, u.user_id, models_with_groups(u.models, cast(array[] as text[])) as user_models, u.max_budget_nano as user_max_budget_nano,
                         u.tpm_limit as user_tpm_limit, u.rpm_limit as user_rpm_limit,
                         u.max_parallel_requests as user_max_parallel_requests,
                         t.team_id, t.organization_id as team_organization_id, t.object_permission_id as team_permission_id,
                         models_with_groups(t.models, t.access_group_ids) as team_models,
                         t.access_group_ids as team_access_group_ids, t.max_budget_nano as team_max_budget_nano,
                         t.tpm_limit as team_tpm_limit, t.rpm_limit as team_rpm_limit,
                         t.max_parallel_requests as team_max_parallel_requests,
                         exists (select from team_membership m where m.team_id = t.team_id and m.user_id = cast(:caller as text)) as caller_in_team,
                         exists (select from team_membership m where m.team_id = t.team_id and m.user_id = a.user_id) as user_in_team,
                         o.organization_id, o.object_permission_id as organization_permission_id,
                         models_with_groups(o.models, cast(array[] as text[])) as organization_models,
                         ob.max_budget_nano as organization_max_budget_nano, ob.tpm_limit as organization_tpm_limit,
                         ob.rpm_limit as organization_rpm_limit, ob.max_parallel_requests as organization_max_parallel_requests,
                         b.budget_id, b.max_budget_nano, b.tpm_limit, b.rpm_limit, b.max_parallel_requests
                  from jsonb_to_recordset(cast(cast(:asked as text) as jsonb))
                           as a(n int, user_id text, team_id text, organization_id text, budget_id text)
                  left join app_user u on u.user_id = a.user_id
                  left join team t on t.team_id = a.team_id
                  left join organization o on o.organization_id = coalesce(t.organization_id, a.organization_id)
                  left join budget ob on ob.budget_id = o.budget_id
                  left join budget b on b.budget_id = a.budget_id and b.owner_kind is null) p""";

    Uni<KeyParents> hold(KeyOwner asked, Caller caller) {
        return hold(List.of(asked), caller).map(found -> found.get(0));
    }

    /** In the order in which they are asked for. */
    Uni<List<KeyParents>> hold(List<KeyOwner> asked, Caller caller) {
        if (asked.isEmpty()) {
            return Uni.createFrom().item(List.of());
        }
        var owners = new JsonArray();
        for (int n = 0; n < asked.size(); n++) {
            owners.add(json(asked.get(n)).put("n", n));
        }
        return Panache.getSession()
                .flatMap(session -> session.createNativeQuery(HOLD, String.class)
                        .setParameter("asked", owners.encode())
                        .getSingleResult()
                        .chain(() -> session.createNativeQuery(PARENTS, String.class)
                                .setParameter("asked", owners.encode())
                                .setParameter("caller", caller.userId())
                                .getSingleResult()))
                .map(JsonArray::new)
                .map(rows -> IntStream.range(0, asked.size())
                        .mapToObj(n -> parents(asked.get(n), rows.getJsonObject(n)))
                        .toList());
    }

    private static JsonObject json(KeyOwner owner) {
        return new JsonObject()
                .put("user_id", owner.userId())
                .put("team_id", owner.teamId())
                .put("organization_id", owner.organizationId())
                .put("budget_id", owner.budgetId());
    }

    private static KeyParents parents(KeyOwner asked, JsonObject row) {
        return new KeyParents(
                asked,
                parent(row, "user", null, null),
                parent(row, "team", row.getString("team_organization_id"), row.getString("team_permission_id")),
                parent(row, "organization", null, row.getString("organization_permission_id")),
                row.getString("budget_id") == null ? null : budget(row),
                row.getBoolean("caller_in_team"),
                row.getBoolean("user_in_team"));
    }

    private static KeyParent parent(JsonObject row, String kind, String organizationId, String permissionId) {
        var id = row.getString(kind + "_id");
        return id == null
                ? null
                : new KeyParent(
                        kind,
                        id,
                        organizationId,
                        permissionId,
                        texts(row.getJsonArray(kind + "_models")),
                        texts(row.getJsonArray(kind + "_access_group_ids")),
                        row.getLong(kind + "_max_budget_nano"),
                        row.getLong(kind + "_tpm_limit"),
                        row.getLong(kind + "_rpm_limit"),
                        row.getLong(kind + "_max_parallel_requests"));
    }

    private static List<String> texts(JsonArray array) {
        return array == null
                ? List.of()
                : array.stream().map(String.class::cast).toList();
    }

    private static LimitColumns budget(JsonObject row) {
        var limits = new LimitColumns();
        limits.maxBudgetNano = row.getLong("max_budget_nano");
        limits.tpmLimit = row.getLong("tpm_limit");
        limits.rpmLimit = row.getLong("rpm_limit");
        limits.maxParallelRequests = row.getInteger("max_parallel_requests");
        return limits;
    }
}
