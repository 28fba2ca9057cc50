package io.tenantry.tenancy;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.smallrye.mutiny.Uni;
import io.tenantry.core.Paging;
import io.tenantry.identity.Scope;
import io.tenantry.platform.database.Since;
import io.tenantry.platform.database.Totals;
import io.vertx.mutiny.sqlclient.Pool;
import io.vertx.mutiny.sqlclient.Row;
import io.vertx.mutiny.sqlclient.Tuple;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.StreamSupport;

/**
 * Teams that were deleted, last deleted first, as they were at their end. A delete leaves no row of a team behind, so they are read from the trail: whoever
 * may read that part of it sees them, and who was a member to the end.
 */
@ApplicationScoped
class DeletedTeams {

    private static final String FROM = "from audit_log where object_kind = 'team' and action = 'deleted'";
    private static final String COLUMNS =
            "select audit_id, object_id, before_value::text as team, at, actor_user_id, actor_key_id, on_behalf_of ";
    private static final String NEWEST = " order by at desc, audit_id desc limit %d offset %d";

    /** What the list shows of every team and the trail does not keep. */
    private static final List<String> NOT_KNOWN =
            List.of("access_group_models", "access_group_mcp_server_ids", "access_group_agent_ids");

    private static final TypeReference<LinkedHashMap<String, Object>> FIELDS = new TypeReference<>() {};

    private final Pool pool;
    private final Totals totals;
    private final ObjectMapper json;

    DeletedTeams(Pool pool, Totals totals, ObjectMapper json) {
        this.pool = pool;
        this.totals = totals;
        this.json = json;
    }

    /** @param query whose user, if any, is the one that the caller may ask for */
    Uni<TeamPageView> page(Scope scope, TeamPageQuery query) {
        var search = new Search(scope, query);
        var sql = COLUMNS + search.from + NEWEST.formatted(query.size(), query.offset());
        return pool.preparedQuery(sql)
                .execute(Tuple.from(search.values))
                .map(rows -> StreamSupport.stream(rows.spliterator(), false)
                        .map(this::view)
                        .toList())
                .flatMap(
                        found -> total(search, query, found.size()).map(total -> TeamPageView.of(query, found, total)));
    }

    private Uni<Long> total(Search search, TeamPageQuery query, int found) {
        var sql = Totals.sql(search.from, search.byName ? Totals.MOST_FOUND : Paging.DEEPEST_ROW);
        return totals.of(query.page(), query.size(), found, sql, search.values, () -> pool.preparedQuery(sql)
                .execute(Tuple.from(search.values))
                .map(rows -> rows.iterator().next().getLong(0)));
    }

    /** Conditions and their values. */
    private static final class Search {

        private final List<Object> values = new ArrayList<>();
        private final boolean byName;
        private String from = FROM;

        Search(Scope scope, TeamPageQuery query) {
            bound(scope, query);
            if (TeamRepository.NO_ORGANIZATION.equals(query.organizationId())) {
                from += " and organization_id is null";
            } else {
                andIfAsked("organization_id = ?", query.organizationId());
            }
            andIfAsked("object_id = ?", query.teamId());
            andIfAsked(
                    "before_value -> 'members_with_roles' @> jsonb_build_array(jsonb_build_object('user_id', ?::text))",
                    query.userId());
            andIfAsked("lower(before_value ->> 'team_alias') like lower(?)", part(query.aliasPart()));
            if (query.search() != null) {
                and(query.searchPrefix() ? "(starts_with(object_id, ?)" : "(object_id = ?", query.search());
                from += " or lower(before_value ->> 'team_alias') like lower($" + next(part(query.search())) + "))";
            }
            byName = query.aliasPart() != null || query.search() != null;
        }

        /** By what is there now: a former organization or user of the same id was somebody else. */
        private void bound(Scope scope, TeamPageQuery query) {
            var boundary = scope.boundary();
            if (boundary.everything()) {
                return;
            }
            if (query.userId() != null && query.userId().equals(scope.caller().userId())) {
                and("at >= " + Since.user("?"), query.userId());
            } else {
                and("organization_id = any(?)", boundary.organizations().toArray(String[]::new));
                from += " and at >= " + Since.organization("audit_log.organization_id");
            }
        }

        private static String part(String name) {
            return name == null ? null : UserFilter.part(name);
        }

        private void andIfAsked(String condition, Object value) {
            if (value != null) {
                and(condition, value);
            }
        }

        private void and(String condition, Object value) {
            from += " and " + condition.replace("?", "$" + next(value));
        }

        private int next(Object value) {
            values.add(value);
            return values.size();
        }
    }

    private Map<String, Object> view(Row row) {
        var view = fields(row.getString("team"));
        NOT_KNOWN.forEach(field -> view.put(field, null));
        view.put("id", row.getUUID("audit_id").toString());
        view.put("deleted_at", row.getOffsetDateTime("at").toInstant());
        view.put("deleted_by", row.getString("actor_user_id"));
        view.put("deleted_by_api_key", row.getString("actor_key_id"));
        view.put("litellm_changed_by", row.getString("on_behalf_of"));
        return view;
    }

    private Map<String, Object> fields(String team) {
        try {
            return json.readValue(team, FIELDS);
        } catch (JsonProcessingException impossible) { // the column holds JSON
            throw new IllegalStateException(impossible);
        }
    }
}
