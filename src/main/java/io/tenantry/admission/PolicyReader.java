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

/** Builds a {@link Policy} from the one row that {@link PolicySql} answers with. */
final class PolicyReader {

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
