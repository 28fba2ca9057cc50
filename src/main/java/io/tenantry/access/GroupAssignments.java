package io.tenantry.access;

import io.quarkus.hibernate.reactive.panache.Panache;
import io.smallrye.mutiny.Uni;
import io.tenantry.access.AccessGroupView.Assigned;
import io.tenantry.core.Problem;
import io.tenantry.core.ResourceKind;
import io.tenantry.core.SecretHash;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * Which teams and keys a group is assigned to. It is kept with them and nowhere else, so the two sides cannot disagree. Teams before keys, each in
 * the order of their ids: as everybody locks them.
 */
@ApplicationScoped
class GroupAssignments {

    /** What one group shows of each kind. */
    static final int MOST_SHOWN = 1_000;

    private static final Pattern UUID_FORM =
            Pattern.compile("[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}");

    private static final String OF_GROUPS = """
            select g.id, a.kind, a.assigned
            from unnest(cast(:groups as text[])) as g(id)
            cross join lateral (
                (select 'team' as kind, t.team_id as assigned from team t
                 where t.access_group_ids @> array[g.id] and t.access_group_ids <> '{}' order by t.team_id limit :most)
                union all
                (select 'key', k.secret_hash from api_key k
                 where k.access_group_ids @> array[g.id] and k.access_group_ids <> '{}' order by k.key_id limit :most)) a""";

    private static final String LOCK_TEAMS = """
            select team_id from team where team_id = any(:named)
                or (access_group_ids @> array[cast(:group as text)] and access_group_ids <> '{}')
            order by team_id for no key update""";

    private static final String SET_TEAMS = """
            update team set updated_by = :actor,
                access_group_ids = case when team_id = any(:named) then access_group_ids || cast(:group as text)
                                        else array_remove(access_group_ids, cast(:group as text)) end
            where (team_id = any(:named)) <> (access_group_ids @> array[cast(:group as text)])
              and (team_id = any(:named) or (access_group_ids @> array[cast(:group as text)] and access_group_ids <> '{}'))""";

    private static final String LOCK_KEYS = """
            select secret_hash, cast(key_id as text) from api_key where secret_hash = any(:named) or key_id = any(cast(cast(:ids as text[]) as uuid[]))
                or (access_group_ids @> array[cast(:group as text)] and access_group_ids <> '{}')
            order by key_id for no key update""";

    private static final String SET_KEYS = """
            update api_key set updated_by = :actor,
                access_group_ids = case when secret_hash = any(:named) then access_group_ids || cast(:group as text)
                                        else array_remove(access_group_ids, cast(:group as text)) end
            where (secret_hash = any(:named)) <> (access_group_ids @> array[cast(:group as text)])
              and (secret_hash = any(:named) or (access_group_ids @> array[cast(:group as text)] and access_group_ids <> '{}'))""";

    /** By group id, in one statement; a group that is assigned to nothing is absent. */
    Uni<Map<String, Assigned>> of(Collection<String> groupIds) {
        return Panache.getSession()
                .flatMap(session -> session.createNativeQuery(OF_GROUPS, Object[].class)
                        .setParameter("groups", groupIds.toArray(String[]::new))
                        .setParameter("most", MOST_SHOWN)
                        .getResultList())
                .map(GroupAssignments::byGroup);
    }

    private static Map<String, Assigned> byGroup(List<Object[]> rows) {
        var teams = new HashMap<String, List<String>>();
        var keys = new HashMap<String, List<String>>();
        for (var row : rows) {
            ("team".equals(row[1]) ? teams : keys)
                    .computeIfAbsent((String) row[0], id -> new ArrayList<>())
                    .add((String) row[2]);
        }
        var assigned = new HashMap<String, Assigned>();
        var groups = new HashSet<>(teams.keySet());
        groups.addAll(keys.keySet());
        groups.forEach(id ->
                assigned.put(id, new Assigned(teams.getOrDefault(id, List.of()), keys.getOrDefault(id, List.of()))));
        return assigned;
    }

    /** Assigns the group to exactly these teams. Fails with NOT_FOUND naming the first that does not exist. */
    Uni<Void> setTeams(String groupId, Collection<String> teamIds, String actor) {
        var named = teamIds.stream().distinct().toArray(String[]::new);
        return Panache.getSession()
                .flatMap(session -> session.createNativeQuery(LOCK_TEAMS, String.class)
                        .setParameter("named", named)
                        .setParameter("group", groupId)
                        .getResultList()
                        .invoke(found -> requireAll(ResourceKind.TEAM, "assigned_team_ids", named, found))
                        .chain(() -> session.createNativeQuery(SET_TEAMS)
                                .setParameter("actor", actor)
                                .setParameter("named", named)
                                .setParameter("group", groupId)
                                .executeUpdate()))
                .replaceWithVoid();
    }

    /**
     * Assigns the group to exactly these keys, named by id, token or secret. Fails with NOT_FOUND naming the first that does not exist.
     */
    Uni<Void> setKeys(String groupId, Collection<String> keys, String actor) {
        var named = keys.stream().map(SecretHash::ofSecretOrHash).distinct().toArray(String[]::new);
        return Panache.getSession()
                .flatMap(session -> session.createNativeQuery(LOCK_KEYS, Object[].class)
                        .setParameter("named", named)
                        .setParameter(
                                "ids",
                                Stream.of(named)
                                        .filter(UUID_FORM.asMatchPredicate())
                                        .toArray(String[]::new))
                        .setParameter("group", groupId)
                        .getResultList()
                        .map(found -> tokens(named, found))
                        .flatMap(tokens -> session.createNativeQuery(SET_KEYS)
                                .setParameter("actor", actor)
                                .setParameter("named", tokens)
                                .setParameter("group", groupId)
                                .executeUpdate()))
                .replaceWithVoid();
    }

    private static String[] tokens(String[] named, List<Object[]> found) {
        var tokens = new HashMap<String, String>();
        found.forEach(row -> {
            tokens.put((String) row[0], (String) row[0]);
            tokens.put((String) row[1], (String) row[0]);
        });
        requireAll(ResourceKind.KEY, "assigned_key_ids", named, tokens.keySet());
        return Stream.of(named).map(tokens::get).distinct().toArray(String[]::new);
    }

    private static void requireAll(ResourceKind kind, String field, String[] named, Collection<String> found) {
        var there = new HashSet<>(found);
        for (var id : named) {
            if (!there.contains(id)) {
                throw Problem.notFound(kind, id).param(field);
            }
        }
    }
}
