package io.tenantry.usage;

import io.smallrye.mutiny.Uni;
import io.tenantry.core.NanoUsd;
import io.tenantry.identity.Scope;
import io.vertx.mutiny.sqlclient.Pool;
import io.vertx.mutiny.sqlclient.Row;
import io.vertx.mutiny.sqlclient.RowSet;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;

/** Reads single bookings, newest first. */
@ApplicationScoped
class SpendLogs {

    /** An answer is one document; what is older is reached by days. */
    static final int MOST = 1_000;

    /** Of an adjustment of a whole team, user, member or organization. */
    private static final UUID NO_KEY = new UUID(0, 0);

    // by day first, so that the partitions before the newest are read only as far as they are needed
    private static final String NEWEST =
            "select e.* from usage_event e where %s order by e.day desc, e.admitted_at desc limit %d";

    private final Pool pool;

    SpendLogs(Pool pool) {
        this.pool = pool;
    }

    /** @param isCut whether there are more */
    record Bookings(List<Map<String, Object>> views, boolean isCut) {}

    /** The newest bookings inside the scope, {@value #MOST} at most; empty when there are none. */
    Uni<Bookings> newest(Scope scope, SpendLogsQuery query) {
        var filter = SpendFilter.ofBookings(scope.boundary(), query);
        return pool.preparedQuery(NEWEST.formatted(filter.where(), MOST + 1))
                .execute(filter.values())
                .map(SpendLogs::views)
                .map(views ->
                        views.size() > MOST ? new Bookings(views.subList(0, MOST), true) : new Bookings(views, false));
    }

    private static List<Map<String, Object>> views(RowSet<Row> rows) {
        var views = new ArrayList<Map<String, Object>>();
        rows.forEach(row -> views.add(view(row)));
        return views;
    }

    /** In the contract's names. Text columns that we have nothing for are empty, as clients expect. */
    private static Map<String, Object> view(Row row) {
        var view = new LinkedHashMap<String, Object>();
        view.put("request_id", row.getString("request_id"));
        boolean adjustment = "adjustment".equals(row.getString("entry_kind"));
        view.put("call_type", adjustment ? "adjustment" : "");
        view.put("api_key", row.getString("api_key"));
        view.put("key_id", NO_KEY.equals(row.getUUID("key_id")) ? "" : String.valueOf(row.getUUID("key_id")));
        view.put("spend", new NanoUsd(row.getLong("cost_nano")).toUsd());
        view.put("total_tokens", row.getLong("total_tokens"));
        view.put("prompt_tokens", row.getLong("input_tokens"));
        view.put("completion_tokens", row.getLong("output_tokens"));
        view.put("startTime", instant(row.getOffsetDateTime("admitted_at")));
        view.put("endTime", instant(row.getOffsetDateTime("settled_at")));
        view.put("completionStartTime", null);
        view.put("model", row.getString("model"));
        view.put("model_id", "");
        view.put("model_group", row.getString("model"));
        view.put("custom_llm_provider", row.getString("provider"));
        view.put("api_base", "");
        view.put("user", row.getString("user_id") == null ? "" : row.getString("user_id"));
        view.put("metadata", metadata(row));
        view.put("cache_hit", "");
        view.put("cache_key", "");
        view.put("request_tags", List.of(row.getArrayOfStrings("tags")));
        view.put("team_id", row.getString("team_id"));
        view.put("organization_id", row.getString("organization_id"));
        view.put("end_user", row.getString("end_user"));
        view.put("requester_ip_address", null);
        view.put("messages", Map.of());
        view.put("response", Map.of());
        view.put("proxy_server_request", Map.of());
        view.put("session_id", null);
        view.put("status", row.getString("status"));
        return view;
    }

    private static Map<String, Object> metadata(Row row) {
        var metadata = new LinkedHashMap<String, Object>();
        metadata.put("user_api_key", row.getString("api_key"));
        metadata.put("user_api_key_alias", row.getString("key_alias"));
        metadata.put("user_api_key_team_id", row.getString("team_id"));
        metadata.put("user_api_key_team_alias", row.getString("team_alias"));
        metadata.put("user_api_key_org_id", row.getString("organization_id"));
        metadata.put("user_api_key_user_id", row.getString("user_id"));
        metadata.put("status", row.getString("status"));
        metadata.put("partial", row.getBoolean("partial"));
        return metadata;
    }

    private static String instant(OffsetDateTime at) {
        return at.toInstant().toString();
    }
}
