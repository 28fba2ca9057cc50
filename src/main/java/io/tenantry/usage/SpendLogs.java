package io.tenantry.usage;

import io.smallrye.mutiny.Uni;
import io.tenantry.core.NanoUsd;
import io.tenantry.identity.Boundary;
import io.tenantry.identity.Scope;
import io.vertx.mutiny.sqlclient.Pool;
import io.vertx.mutiny.sqlclient.Row;
import io.vertx.mutiny.sqlclient.RowSet;
import io.vertx.mutiny.sqlclient.Tuple;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Reads single bookings. */
@ApplicationScoped
class SpendLogs {

    private static final String BY_REQUEST = """
            select * from usage_event
            where request_id = $1
              and ($2 or organization_id = any ($3) or team_id = any ($4) or user_id = $5 or key_id::text = $6)
            order by day desc limit 100""";

    private final Pool pool;

    SpendLogs(Pool pool) {
        this.pool = pool;
    }

    /** The booking of a request; empty when there is none inside the scope. */
    Uni<List<Map<String, Object>>> ofRequest(Scope scope, String requestId) {
        return pool.preparedQuery(BY_REQUEST)
                .execute(parameters(scope.boundary(), requestId))
                .map(SpendLogs::views);
    }

    private static Tuple parameters(Boundary boundary, String requestId) {
        return Tuple.tuple()
                .addString(requestId)
                .addBoolean(boundary.everything())
                .addArrayOfString(boundary.organizations().toArray(String[]::new))
                .addArrayOfString(boundary.teams().toArray(String[]::new))
                .addString(boundary.userId())
                .addString(boundary.keyId());
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
        view.put(
                "key_id",
                row.getUUID("key_id") == null ? "" : row.getUUID("key_id").toString());
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
