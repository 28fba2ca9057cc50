package io.tenantry.admission;

import io.tenantry.access.ModelAccess;
import io.tenantry.access.ModelAccess.Level;
import io.tenantry.access.ModelList;
import io.tenantry.access.ObjectAccess;
import io.tenantry.core.ResourceKind;
import io.tenantry.core.ResourceRef;
import io.tenantry.identity.AllowedRoutes;
import io.tenantry.limits.engine.ObjectVersion;
import io.tenantry.platform.redis.TenantRoot;
import io.tenantry.tenancy.FurtherLimits;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import io.vertx.mutiny.sqlclient.Row;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;

/** Builds a {@link Policy} from the one row that its statements answer with. */
final class PolicyReader {

    /** Columns of a level's limits are prefixed: k key, b the key's linked budget, m team member, u user, t team, p organization member, o organization. */
    private static final String COLUMNS_OF = """
            select k.key_id, s.secret_hash, k.key_alias, k.key_type, k.user_id, k.team_id,
                   models_with_groups(k.models, k.access_group_ids) as models, k.aliases, k.allowed_routes,
                   k.guardrails, k.tags, k.blocked, least(k.expires_at, s.valid_until) as expires_at, k.metadata,
                   k.version, k.temp_budget_increase_nano, k.temp_budget_expires_at,
                   (select jsonb_agg(jsonb_build_object('period', a.period, 'start', extract(epoch from a.period_start)::bigint,
                                                        'nano', a.forgiven_nano))
                    from spend_adjustment a
                    where a.scope_kind = 'key' and a.scope_id = k.key_id::text and a.period_end > now()) as forgiven,
                   k.max_budget_nano as k_max, k.soft_budget_nano as k_soft, k.budget_duration as k_period, k.tpm_limit as k_tpm,
                   k.rpm_limit as k_rpm, k.max_parallel_requests as k_parallel,
                   k.further_limits as k_further, k.created_at as k_since, k.model_tpm_limit as k_model_tpm,
                   k.model_rpm_limit as k_model_rpm,
                   b.budget_id as b_budget, b.max_budget_nano as b_max, b.soft_budget_nano as b_soft, b.budget_duration as b_period, b.tpm_limit as b_tpm,
                   b.rpm_limit as b_rpm, b.max_parallel_requests as b_parallel,
                   b.further_limits as b_further, b.created_at as b_since,
                   u.blocked as u_blocked, models_with_groups(u.models, '{}') as u_models, u.allowed_model_region,
                   u.allowed_model_max_input_tokens, u.allowed_model_max_output_tokens,
                   u.max_budget_nano as u_max, u.soft_budget_nano as u_soft, u.budget_duration as u_period, u.tpm_limit as u_tpm,
                   u.rpm_limit as u_rpm, u.max_parallel_requests as u_parallel,
                   u.further_limits as u_further, u.created_at as u_since,
                   t.team_alias, t.organization_id as t_organization_id, t.blocked as t_blocked,
                   models_with_groups(t.models, t.access_group_ids) as t_models,
                   t.model_aliases, t.guardrails as t_guardrails, t.tags as t_tags, t.metadata as t_metadata, coalesce(t.version, 0) as t_version,
                   t.max_budget_nano as t_max, t.soft_budget_nano as t_soft, t.budget_duration as t_period, t.tpm_limit as t_tpm,
                   t.rpm_limit as t_rpm, t.max_parallel_requests as t_parallel,
                   t.further_limits as t_further, t.created_at as t_since, t.model_tpm_limit as t_model_tpm,
                   t.model_rpm_limit as t_model_rpm,
                   models_with_groups(tm.models, '{}') as m_models, tm.temp_budget_increase_nano as m_temp_budget_increase_nano,
                   tm.temp_budget_expires_at as m_temp_budget_expires_at,
                   (select jsonb_agg(jsonb_build_object('period', a.period, 'start', extract(epoch from a.period_start)::bigint,
                                                        'nano', a.forgiven_nano))
                    from spend_adjustment a
                    where a.scope_kind = 'team_member' and a.scope_id = tm.team_id || '/' || tm.user_id and a.period_end > now()) as m_forgiven,
                   tb.budget_id as m_budget, tb.max_budget_nano as m_max, tb.soft_budget_nano as m_soft, tb.budget_duration as m_period, tb.tpm_limit as m_tpm,
                   tb.rpm_limit as m_rpm, tb.max_parallel_requests as m_parallel,
                   tb.further_limits as m_further, tm.created_at as m_since,
                   %2$s as organization_id, o.blocked as o_blocked, models_with_groups(o.models, '{}') as o_models, o.tags as o_tags, coalesce(o.version, 0) as o_version,
                   o.model_tpm_limit as o_model_tpm, o.model_rpm_limit as o_model_rpm,
                   ob.budget_id as o_budget, ob.max_budget_nano as o_max, ob.soft_budget_nano as o_soft, ob.budget_duration as o_period, ob.tpm_limit as o_tpm,
                   ob.rpm_limit as o_rpm, ob.max_parallel_requests as o_parallel,
                   ob.further_limits as o_further, o.created_at as o_since,
                   pb.budget_id as p_budget, pb.max_budget_nano as p_max, pb.soft_budget_nano as p_soft, pb.budget_duration as p_period, pb.tpm_limit as p_tpm,
                   pb.rpm_limit as p_rpm, pb.max_parallel_requests as p_parallel,
                   pb.further_limits as p_further, om.created_at as p_since,
                   (select jsonb_agg(jsonb_build_array(v.scope_kind, v.root_kind, v.root_id, extract(epoch from v.left_at)::bigint) order by v.move_id)
                    from scope_move v
                    where (v.scope_kind = 'team' and v.scope_id = k.team_id) or (v.scope_kind = 'key' and v.scope_id = k.key_id::text)) as moves,
                   object_permission_terms(k.object_permission_id) as k_objects, object_permission_terms(u.object_permission_id) as u_objects,
                   object_permission_terms(t.object_permission_id) as t_objects, object_permission_terms(o.object_permission_id) as o_objects
            from key_secret s
            join %1$s k on k.key_id = s.key_id
            left join budget b on b.budget_id = k.budget_id
            left join app_user u on u.user_id = k.user_id
            left join team t on t.team_id = k.team_id
            left join team_membership tm on tm.team_id = k.team_id and tm.user_id = k.user_id
            left join budget tb on tm.user_id is not null and tb.budget_id = coalesce(tm.budget_id, t.member_budget_id)
            left join organization o on o.organization_id = %2$s
            left join budget ob on ob.budget_id = o.budget_id
            left join organization_membership om on om.organization_id = o.organization_id and om.user_id = k.user_id
            left join budget pb on pb.budget_id = om.budget_id
            """;

    private static final String SELECT =
            COLUMNS_OF.formatted("api_key", "coalesce(t.organization_id, k.organization_id)");

    static final String BY_HASH = SELECT + "where s.secret_hash = $1";

    /** A statement of its own: the plan for one is not the plan for many. */
    static final String BY_HASHES = SELECT + "where s.secret_hash = any ($1)";

    /** A key that was rotated has several secrets; named by its id it is the present one. */
    static final String BY_HASHES_AND_IDS =
            SELECT + "where s.secret_hash = any ($1) or (k.key_id = any ($2) and s.secret_hash = k.secret_hash)";

    /** As if the key were of another user ($2), team ($3) and organization ($4); what does not exist any more has no limits. */
    static final String BY_ID_AT_PLACE = COLUMNS_OF.formatted("""
                    (select placed.*
                     from api_key present,
                          jsonb_populate_record(present, jsonb_build_object('user_id', $2::text, 'team_id', $3::text)) placed
                     where present.key_id = $1)""", "$4::text") + "where s.secret_hash = k.secret_hash";

    /** Levels whose limits stand in their own row; the others' stand in a budget. */
    private static final Set<String> ROWS_OF_THEIR_OWN = Set.of("k", "u", "t");

    private final Row row;
    private final LimitSettings settings;
    private final UUID keyId;
    private final String userId;
    private final String teamId;
    private final String organizationId;

    PolicyReader(Row row, LimitSettings settings) {
        this.row = row;
        this.settings = settings;
        this.keyId = row.getUUID("key_id");
        this.userId = row.getString("user_id");
        this.teamId = row.getString("team_id");
        this.organizationId = row.getString("organization_id");
    }

    /** @param loadedAtNanos when reading the row began */
    Policy policy(long loadedAtNanos) {
        var root = TenantRoot.of(organizationId, teamId, userId, keyId.toString());
        var userRoot = userId == null ? null : new TenantRoot(ResourceKind.USER, userId);
        var userLimits = userId == null ? null : level(ResourceKind.USER, userId, terms("u", false));
        boolean ownRoot = root.equals(userRoot);
        var expires = row.getOffsetDateTime("expires_at");
        return new Policy(
                owner(),
                root,
                versions(),
                blockedAt(),
                expires == null ? null : expires.toInstant(),
                AllowedRoutes.permitModelCalls(strings("allowed_routes"))
                        && !"gateway".equals(row.getString("key_type")),
                models(),
                requests(),
                aliases(),
                tenantLimits(ownRoot ? userLimits : null),
                ownRoot || userLimits == null || userLimits.isEmpty()
                        ? null
                        : new Policy.Elsewhere(userRoot, userLimits),
                moves(root),
                attachments(),
                loadedAtNanos);
    }

    private KeyOwner owner() {
        return new KeyOwner(
                keyId,
                row.getString("secret_hash"),
                row.getString("key_alias"),
                userId,
                teamId,
                row.getString("team_alias"),
                organizationId);
    }

    /** What the user, the memberships and the budgets say is covered too: they touch these rows when they change (migration V2). */
    private List<ObjectVersion> versions() {
        var versions = new ArrayList<ObjectVersion>(3);
        versions.add(new ObjectVersion(ResourceKind.KEY, keyId.toString(), row.getLong("version")));
        if (teamId != null) {
            versions.add(new ObjectVersion(ResourceKind.TEAM, teamId, row.getLong("t_version")));
        }
        if (organizationId != null) {
            versions.add(new ObjectVersion(ResourceKind.ORGANIZATION, organizationId, row.getLong("o_version")));
        }
        return versions;
    }

    private ResourceKind blockedAt() {
        if (isTrue("blocked")) {
            return ResourceKind.KEY;
        }
        if (isTrue("u_blocked")) {
            return ResourceKind.USER;
        }
        if (isTrue("t_blocked")) {
            return ResourceKind.TEAM;
        }
        return isTrue("o_blocked") ? ResourceKind.ORGANIZATION : null;
    }

    private ModelAccess models() {
        var levels = new ArrayList<Level>();
        levels.add(new Level(ResourceKind.KEY, keyId.toString(), ModelList.of(strings("models"))));
        if (teamId != null && userId != null) {
            levels.add(new Level(ResourceKind.TEAM_MEMBER, teamId + "/" + userId, ModelList.of(strings("m_models"))));
        }
        if (teamId != null) {
            levels.add(new Level(ResourceKind.TEAM, teamId, ModelList.of(strings("t_models"))));
        } else if (userId != null) {
            // a user's own list is about personal keys; in a team the team's list counts
            levels.add(new Level(ResourceKind.USER, userId, ModelList.of(strings("u_models"))));
        }
        if (organizationId != null) {
            levels.add(new Level(ResourceKind.ORGANIZATION, organizationId, ModelList.of(strings("o_models"))));
        }
        levels.removeIf(level -> level.models().entries().isEmpty());
        return new ModelAccess(levels);
    }

    /** They follow the user into every team: data that must stay in a region must stay there. */
    private RequestRules requests() {
        return userId == null
                ? RequestRules.NONE
                : new RequestRules(
                        ResourceKind.USER,
                        userId,
                        row.getString("allowed_model_region"),
                        row.getLong("allowed_model_max_input_tokens"),
                        row.getLong("allowed_model_max_output_tokens"));
    }

    /** A team's aliases go before its keys' own. */
    private Map<String, String> aliases() {
        var aliases = new HashMap<String, String>();
        json("aliases").forEach((alias, model) -> aliases.put(alias, String.valueOf(model)));
        json("model_aliases").forEach((alias, model) -> aliases.put(alias, String.valueOf(model)));
        return aliases;
    }

    private List<ScopeLimits> tenantLimits(ScopeLimits userLimits) {
        var levels = new ArrayList<ScopeLimits>();
        levels.add(level(ResourceKind.KEY, keyId.toString(), terms("k", true).orElse(terms("b", false)))
                .with(Allowance.of(row)));
        if (teamId != null && userId != null) {
            levels.add(level(
                            ResourceKind.TEAM_MEMBER,
                            ResourceRef.member(ResourceKind.TEAM_MEMBER, teamId, userId)
                                    .id(),
                            terms("m", false))
                    .with(Allowance.ofMember(row)));
        }
        if (userLimits != null) {
            levels.add(userLimits);
        }
        if (teamId != null) {
            levels.add(level(ResourceKind.TEAM, teamId, terms("t", true)));
        }
        if (organizationId != null && userId != null) {
            levels.add(level(
                    ResourceKind.ORGANIZATION_MEMBER,
                    ResourceRef.member(ResourceKind.ORGANIZATION_MEMBER, organizationId, userId)
                            .id(),
                    terms("p", false)));
        }
        if (organizationId != null) {
            levels.add(level(ResourceKind.ORGANIZATION, organizationId, terms("o", true)));
        }
        levels.removeIf(ScopeLimits::isEmpty);
        return levels;
    }

    private ScopeLimits level(ResourceKind scope, String id, LimitTerms terms) {
        return ScopeLimits.of(scope, id, terms, settings);
    }

    private LimitTerms terms(String prefix, boolean perModel) {
        return new LimitTerms(
                row.getLong(prefix + "_max"),
                row.getLong(prefix + "_soft"),
                row.getString(prefix + "_period"),
                row.getLong(prefix + "_tpm"),
                row.getLong(prefix + "_rpm"),
                row.getInteger(prefix + "_parallel"),
                perModel ? numbers(prefix + "_model_tpm") : Map.of(),
                perModel ? numbers(prefix + "_model_rpm") : Map.of(),
                FurtherLimits.ofStored(further(prefix)),
                since(prefix),
                version(prefix),
                ROWS_OF_THEIR_OWN.contains(prefix) ? null : row.getString(prefix + "_budget"),
                null);
    }

    /** Of the rows that {@link #versions} names, those that change when these terms do. */
    private long version(String prefix) {
        return switch (prefix) {
            case "t" -> row.getLong("t_version");
            case "o" -> row.getLong("o_version");
            case "m" -> Math.max(row.getLong("version"), row.getLong("t_version")); // a default is the team's
            default -> row.getLong("version");
        };
    }

    private Map<String, Object> further(String prefix) {
        var stored = row.getJsonObject(prefix + "_further");
        return stored == null ? null : plain(stored);
    }

    private Instant since(String prefix) {
        var since = row.getOffsetDateTime(prefix + "_since");
        return since == null ? Instant.EPOCH : since.toInstant();
    }

    private Moves moves(TenantRoot present) {
        var rows = row.getJsonArray("moves");
        if (rows == null) {
            return Moves.NONE;
        }
        var left = new ArrayList<Moves.Left>();
        for (int i = 0; i < rows.size(); i++) {
            left.add(left(rows.getJsonArray(i)));
        }
        return Moves.to(present, left);
    }

    private Moves.Left left(JsonArray move) {
        var root = new TenantRoot(ResourceKind.ofLabel(move.getString(1)), move.getString(2));
        var until = Instant.ofEpochSecond(move.getLong(3)).plus(settings.movedFor());
        return new Moves.Left(ResourceKind.ofLabel(move.getString(0)), root, until);
    }

    private Policy.Attachments attachments() {
        var guardrails = union("t_guardrails", "guardrails");
        var tags = new ArrayList<>(union("o_tags", "t_tags"));
        strings("tags").stream().filter(tag -> !tags.contains(tag)).forEach(tags::add);
        var metadata = new HashMap<>(json("t_metadata"));
        metadata.putAll(json("metadata"));
        return new Policy.Attachments(metadata, guardrails, tags, objects(), null);
    }

    private ObjectAccess objects() {
        var levels = new ArrayList<ObjectAccess.Level>();
        addObjects(levels, "k", ResourceKind.KEY, keyId.toString());
        addObjects(levels, "u", ResourceKind.USER, userId);
        addObjects(levels, "t", ResourceKind.TEAM, teamId);
        addObjects(levels, "o", ResourceKind.ORGANIZATION, organizationId);
        return levels.isEmpty() ? ObjectAccess.OPEN : new ObjectAccess(levels);
    }

    private void addObjects(List<ObjectAccess.Level> levels, String prefix, ResourceKind scope, String id) {
        var terms = row.getJsonObject(prefix + "_objects");
        if (terms != null) {
            levels.add(new ObjectAccess.Level(scope, id, plain(terms)));
        }
    }

    static Map<String, Object> plain(JsonObject object) {
        var plain = new HashMap<String, Object>();
        object.forEach(field -> plain.put(field.getKey(), plain(field.getValue())));
        return plain;
    }

    private static Object plain(Object value) {
        if (value instanceof JsonArray array) {
            return array.stream().map(PolicyReader::plain).toList();
        }
        return value instanceof JsonObject object ? plain(object) : value;
    }

    private List<String> union(String first, String second) {
        var all = new ArrayList<>(strings(first));
        strings(second).stream().filter(entry -> !all.contains(entry)).forEach(all::add);
        return List.copyOf(all);
    }

    private Map<String, Long> numbers(String column) {
        var numbers = new HashMap<String, Long>();
        json(column).forEach((model, limit) -> numbers.put(model, ((Number) limit).longValue()));
        return numbers;
    }

    private Map<String, Object> json(String column) {
        JsonObject object = row.getJsonObject(column);
        return object == null ? Map.of() : object.getMap();
    }

    private List<String> strings(String column) {
        var array = row.getArrayOfStrings(column);
        return array == null ? List.of() : List.of(array);
    }

    private boolean isTrue(String column) {
        return Boolean.TRUE.equals(row.getBoolean(column));
    }
}
