package io.tenantry.tenancy;

import io.quarkus.hibernate.reactive.panache.Panache;
import io.smallrye.mutiny.Uni;
import io.tenantry.audit.AuditAction;
import io.tenantry.audit.AuditTrail;
import io.tenantry.core.Ids;
import io.tenantry.core.Problem;
import io.tenantry.core.ProblemCode;
import io.tenantry.core.ResourceKind;
import io.tenantry.core.ResourceRef;
import io.tenantry.identity.TokenSubjects;
import io.tenantry.platform.change.Changes;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import io.vertx.mutiny.sqlclient.Pool;
import io.vertx.mutiny.sqlclient.Row;
import io.vertx.mutiny.sqlclient.Tuple;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.List;
import java.util.Map;

/** Users, teams and organizations that tokens name. A token is looked up in one statement. */
@ApplicationScoped
class StoredTokenSubjects implements TokenSubjects {

    // A user is found by id, then by the provider's own id, then by address.
    private static final String FIND = """
            with u as (
                select user_id, user_role, blocked from app_user
                where user_id = $1 or sso_user_id = $1 or lower(user_email) = lower($2)
                order by case when user_id = $1 then 0 when sso_user_id = $1 then 1 else 2 end limit 1),
            t as (
                select t.team_id, t.organization_id, t.blocked or coalesce(o.blocked, false) as blocked
                from team t left join organization o using (organization_id) where t.team_id = any($3)),
            o as (select organization_id, blocked from organization where organization_id = $4)
            select (select user_id from u) as user_id, (select user_role from u) as user_role,
                   coalesce((select blocked from u), false) as user_blocked,
                   coalesce((select jsonb_agg(jsonb_build_object('id', team_id, 'organization', organization_id, 'blocked', blocked)) from t), '[]') as teams,
                   exists (select from o) as organization_exists, coalesce((select blocked from o), false) as organization_blocked,
                   not exists (select from t where not exists (select from team_membership m where m.team_id = t.team_id and m.user_id = (select user_id from u)))
                   and not exists (select from o where not exists (select from organization_membership m
                                   where m.organization_id = o.organization_id and m.user_id = (select user_id from u))) as member_of_all""";

    private static final String MAKE = """
            insert into app_user (user_id, user_email, user_role, models, max_budget_nano, budget_duration, created_by, updated_by)
            values (:id, cast(:email as text), 'internal_user', cast(:models as text[]), cast(:cap as bigint), cast(:period as text), :id, :id)
            on conflict do nothing""";

    private static final String JOIN_ORGANIZATION = """
            insert into organization_membership (organization_id, user_id, user_role) values (:outer, :user, 'internal_user')
            on conflict do nothing""";

    private static final String JOIN_TEAM = """
            insert into team_membership (team_id, user_id, role, models)
            select team_id, cast(:user as text), 'user', default_member_models from team where team_id = :outer on conflict do nothing""";

    private final Pool pool;
    private final Changes changes;
    private final AuditTrail audit;
    private final UserDefaults defaults;

    StoredTokenSubjects(Pool pool, Changes changes, AuditTrail audit, UserDefaults defaults) {
        this.defaults = defaults;
        this.pool = pool;
        this.changes = changes;
        this.audit = audit;
    }

    @Override
    public Uni<Known> find(Named named) {
        return pool.preparedQuery(FIND)
                .execute(Tuple.of(
                        named.userId(), named.email(), named.teamIds().toArray(String[]::new), named.organizationId()))
                .map(rows -> known(rows.iterator().next()));
    }

    private static Known known(Row row) {
        return new Known(
                row.getString("user_id"),
                row.getString("user_role"),
                row.getBoolean("user_blocked"),
                teams(row.getJsonArray("teams")),
                row.getBoolean("organization_exists"),
                row.getBoolean("organization_blocked"),
                row.getBoolean("member_of_all"));
    }

    private static List<KnownTeam> teams(JsonArray teams) {
        return teams.stream()
                .map(JsonObject.class::cast)
                .map(team ->
                        new KnownTeam(team.getString("id"), team.getString("organization"), team.getBoolean("blocked")))
                .toList();
    }

    @Override
    public Uni<Void> makeUser(Named named) {
        if (!Ids.valid(named.userId())) {
            throw Problem.of(ProblemCode.UNKNOWN_SUBJECT).detail("The token's user id %s", Ids.RULE);
        }
        var given = defaults.ofNewcomers();
        return changes.inTransaction(() -> Panache.getSession()
                .flatMap(session -> session.createNativeQuery(MAKE)
                        .setParameter("id", named.userId())
                        .setParameter("email", named.email())
                        .setParameter("models", given.modelNames())
                        .setParameter("cap", given.maxBudgetNano())
                        .setParameter("period", given.budgetDuration())
                        .executeUpdate())
                .call(made -> recordIf(
                        made,
                        new ResourceRef(ResourceKind.USER, named.userId()),
                        named.organizationId(),
                        user(named, given)))
                .replaceWithVoid());
    }

    private static Map<String, Object> user(Named named, UserDefaults.Terms given) {
        var view = given.shown();
        view.put("user_id", named.userId());
        view.put("user_email", named.email());
        view.put("user_role", "internal_user");
        return view;
    }

    @Override
    public Uni<Void> join(String userId, List<String> teamIds, String organizationId) {
        return changes.inTransaction(() -> joinOrganization(userId, organizationId)
                .chain(() -> InTurn.collect(teamIds, teamId -> joinTeam(userId, teamId)))
                .replaceWithVoid());
    }

    private Uni<?> joinOrganization(String userId, String organizationId) {
        return organizationId == null
                ? Uni.createFrom().voidItem()
                : insert(JOIN_ORGANIZATION, organizationId, userId)
                        .call(made -> recordIf(
                                made,
                                ResourceRef.member(ResourceKind.ORGANIZATION_MEMBER, organizationId, userId),
                                organizationId,
                                Map.of(
                                        "organization_id",
                                        organizationId,
                                        "user_id",
                                        userId,
                                        "user_role",
                                        "internal_user")));
    }

    private Uni<Integer> joinTeam(String userId, String teamId) {
        return insert(JOIN_TEAM, teamId, userId)
                .call(made -> made == 0
                        ? Uni.createFrom().voidItem()
                        : Team.<Team>findById(teamId)
                                .flatMap(team -> recordIf(
                                        made,
                                        ResourceRef.member(ResourceKind.TEAM_MEMBER, teamId, userId),
                                        team.organizationId,
                                        Map.of("team_id", teamId, "user_id", userId, "role", "user"))));
    }

    private static Uni<Integer> insert(String sql, String outerId, String userId) {
        return Panache.getSession().flatMap(session -> session.createNativeQuery(sql)
                .setParameter("outer", outerId)
                .setParameter("user", userId)
                .executeUpdate());
    }

    private Uni<Void> recordIf(int made, ResourceRef object, String organizationId, Map<String, Object> view) {
        return made == 0
                ? Uni.createFrom().voidItem()
                : audit.record(AuditAction.CREATED, object, organizationId, null, view);
    }
}
