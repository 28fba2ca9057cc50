package io.tenantry.keys;

import io.smallrye.mutiny.Uni;
import io.tenantry.identity.Scope;
import io.vertx.mutiny.sqlclient.Pool;
import io.vertx.mutiny.sqlclient.Row;
import io.vertx.mutiny.sqlclient.RowSet;
import io.vertx.mutiny.sqlclient.Tuple;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;

/** Adds to rows of keys whose they are and who made them, in one statement. */
@ApplicationScoped
class KeyPeople {

    private static final String PEOPLE = "select user_id, user_email, user_alias from app_user where user_id = any($1)";

    private final Pool pool;

    KeyPeople(Pool pool) {
        this.pool = pool;
    }

    /** Of whoever made a key and is not its user, only those who see everybody are told more than the id. */
    Uni<List<Map<String, Object>>> addTo(Scope scope, List<Map<String, Object>> rows) {
        var ids = rows.stream()
                .flatMap(row -> Stream.of((String) row.get("user_id"), (String) row.get("created_by")))
                .filter(Objects::nonNull)
                .distinct()
                .toArray(String[]::new);
        return pool.preparedQuery(PEOPLE)
                .execute(Tuple.of((Object) ids))
                .map(KeyPeople::byId)
                .map(people ->
                        rows.stream().map(row -> with(scope, row, people)).toList());
    }

    private static Map<String, Object> with(
            Scope scope, Map<String, Object> row, Map<String, Map<String, Object>> people) {
        var full = new LinkedHashMap<>(row);
        var user = row.get("user_id");
        var maker = row.get("created_by");
        boolean known = scope.boundary().everything()
                || Objects.equals(maker, user)
                || Objects.equals(maker, scope.caller().userId());
        full.put("user", user == null ? null : people.get(user));
        full.put("created_by_user", known && people.containsKey(maker) ? people.get(maker) : idOnly((String) maker));
        return full;
    }

    private static Map<String, Object> idOnly(String userId) {
        return person(userId, null, null);
    }

    private static Map<String, Map<String, Object>> byId(RowSet<Row> rows) {
        var people = new HashMap<String, Map<String, Object>>();
        for (var row : rows) {
            people.put(
                    row.getString("user_id"),
                    person(row.getString("user_id"), row.getString("user_email"), row.getString("user_alias")));
        }
        return people;
    }

    private static Map<String, Object> person(String userId, String email, String alias) {
        var person = new LinkedHashMap<String, Object>();
        person.put("user_id", userId);
        person.put("user_email", email);
        person.put("user_alias", alias);
        return person;
    }
}
