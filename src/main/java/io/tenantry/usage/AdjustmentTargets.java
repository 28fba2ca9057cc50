package io.tenantry.usage;

import io.smallrye.mutiny.Uni;
import io.tenantry.admission.KeyOwner;
import io.tenantry.admission.KeyOwners;
import io.tenantry.core.Problem;
import io.tenantry.core.ProblemCode;
import io.tenantry.core.ResourceKind;
import io.tenantry.core.SecretHash;
import io.tenantry.platform.redis.TenantRoot;
import io.vertx.mutiny.sqlclient.Pool;
import io.vertx.mutiny.sqlclient.Row;
import io.vertx.mutiny.sqlclient.RowSet;
import io.vertx.mutiny.sqlclient.Tuple;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** Finds what an adjustment names. */
@ApplicationScoped
class AdjustmentTargets {

    private static final Pattern KEY_ID = Pattern.compile("[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}");

    /** The newest booking of the key that is named, now or when the adjustment was booked; else of any, and whether that is not the only one. */
    private static final String REQUEST = """
            select u.*, n.key_id is null and exists (select from usage_event o
                                                     where o.request_id = $1 and o.entry_kind = 'use' and o.key_id <> u.key_id) as is_ambiguous
            from (select coalesce($2, (select a.key_id from usage_adjustment a
                                       where a.adjustment_id = $3 and a.request_id = $1)) as key_id) n
            join usage_event u on u.request_id = $1 and u.entry_kind = 'use' and (n.key_id is null or u.key_id = n.key_id)
            order by u.day desc limit 1""";

    private static final String TEAM = "select team_alias, organization_id from team where team_id = $1";
    private static final String MEMBER = "select 1 from team_membership where team_id = $1 and user_id = $2";
    private static final String USER = "select 1 from app_user where user_id = $1";
    private static final String ORGANIZATION = "select 1 from organization where organization_id = $1";

    /** Where the key's, the team's and its members' limits are charged as well, since they have moved. */
    private static final String LEFT = """
            select distinct root_kind, root_id
            from scope_move
            where (scope_kind = 'key' and scope_id = $1) or (scope_kind = 'team' and scope_id = $2)""";

    private final Pool pool;
    private final KeyOwners owners;

    AdjustmentTargets(Pool pool, KeyOwners owners) {
        this.pool = pool;
        this.owners = owners;
    }

    /** Fails with INVALID_VALUE when not exactly one thing is named, with NOT_FOUND when it is not there. */
    Uni<AdjustmentTarget> find(NewAdjustmentRequest request, Instant now) {
        boolean use = request.requestId() != null || request.key() != null;
        boolean level = request.teamId() != null || request.userId() != null;
        if (Stream.of(use, level, request.organizationId() != null)
                        .filter(named -> named)
                        .count()
                != 1) {
            throw Problem.of(ProblemCode.INVALID_VALUE)
                    .param("request_id")
                    .detail(
                            "Name exactly one of request_id (with key, where needed), key, team_id, user_id, team_id with user_id (a member), organization_id");
        }
        var target = request.requestId() != null
                ? ofRequest(request)
                : owner(request)
                        .map(owner -> AdjustmentTarget.ofLevel(owner, request.at() == null ? now : request.at()));
        return target.flatMap(this::withLeft);
    }

    private Uni<AdjustmentTarget> withLeft(AdjustmentTarget target) {
        var owner = target.owner();
        return pool.preparedQuery(LEFT)
                .execute(Tuple.of(String.valueOf(owner.keyId()), owner.teamId()))
                .map(AdjustmentTargets::roots)
                .map(target::alsoUnder);
    }

    private static List<TenantRoot> roots(RowSet<Row> rows) {
        var roots = new ArrayList<TenantRoot>();
        rows.forEach(row -> roots.add(new TenantRoot(ResourceKind.ofLabel(row.getString(0)), row.getString(1))));
        return roots;
    }

    private Uni<KeyOwner> owner(NewAdjustmentRequest request) {
        if (request.key() != null) {
            return ofKey(request.key());
        }
        if (request.teamId() != null) {
            return ofTeam(request.teamId(), request.userId());
        }
        return request.userId() != null
                ? require(USER, Tuple.of(request.userId()), ResourceKind.USER, request.userId())
                        .replaceWith(level(request.userId(), null, null, null))
                : require(
                                ORGANIZATION,
                                Tuple.of(request.organizationId()),
                                ResourceKind.ORGANIZATION,
                                request.organizationId())
                        .replaceWith(level(null, null, null, request.organizationId()));
    }

    private Uni<KeyOwner> ofKey(String named) {
        boolean byId = KEY_ID.matcher(named).matches();
        List<String> hashes = byId ? List.of() : List.of(SecretHash.ofSecretOrHash(named));
        List<UUID> ids = byId ? List.of(UUID.fromString(named)) : List.of();
        return owners.findAll(hashes, ids)
                .map(found -> found.stream().findFirst().orElseThrow(() -> Problem.of(ProblemCode.NOT_FOUND)
                        .param("key")
                        .detail("No such key exists or existed here (not found)")));
    }

    private Uni<KeyOwner> ofTeam(String teamId, String userId) {
        return require(TEAM, Tuple.of(teamId), ResourceKind.TEAM, teamId)
                .map(team -> level(userId, teamId, team.getString("team_alias"), team.getString("organization_id")))
                .call(owner -> userId == null
                        ? Uni.createFrom().nullItem()
                        : require(MEMBER, Tuple.of(teamId, userId), ResourceKind.TEAM_MEMBER, userId));
    }

    private static KeyOwner level(String userId, String teamId, String teamAlias, String organizationId) {
        return new KeyOwner(null, null, null, userId, teamId, teamAlias, organizationId);
    }

    private Uni<Row> require(String sql, Tuple parameters, ResourceKind kind, String id) {
        return pool.preparedQuery(sql)
                .execute(parameters)
                .map(AdjustmentTargets::first)
                .map(found -> found.orElseThrow(() -> Problem.notFound(kind, id)));
    }

    private static Optional<Row> first(RowSet<Row> rows) {
        var found = rows.iterator();
        return found.hasNext() ? Optional.of(found.next()) : Optional.empty();
    }

    /** The levels are those of the booking, also when the key has moved since; its limits may live where it is now. */
    private Uni<AdjustmentTarget> ofRequest(NewAdjustmentRequest request) {
        if (request.at() != null) {
            throw Problem.of(ProblemCode.INVALID_VALUE)
                    .param("at")
                    .detail("A request's correction is counted in the request's own periods: leave at out");
        }
        return keyOfRequest(request)
                .flatMap(key -> pool.preparedQuery(REQUEST)
                        .execute(Tuple.of(request.requestId(), key.orElse(null), request.adjustmentId())))
                .map(AdjustmentTargets::booking)
                .flatMap(row -> owners.find(row.getUUID("key_id")).map(current -> target(row, current)));
    }

    private Uni<Optional<UUID>> keyOfRequest(NewAdjustmentRequest request) {
        return request.key() == null
                ? Uni.createFrom().item(Optional.empty())
                : ofKey(request.key()).map(owner -> Optional.of(owner.keyId()));
    }

    private static Row booking(RowSet<Row> rows) {
        var row = first(rows).orElseThrow(() -> Problem.of(ProblemCode.NOT_FOUND)
                .param("request_id")
                .detail("Nothing is booked under this request_id (not found)"));
        if (row.getBoolean("is_ambiguous")) {
            throw Problem.of(ProblemCode.INVALID_VALUE)
                    .param("key")
                    .detail(
                            "Several keys have a booking of this request_id: name the one in key, by its secret, hash or key_id (GET /spend/logs?request_id=… shows them)");
        }
        return row;
    }

    private static AdjustmentTarget target(Row row, Optional<KeyOwner> current) {
        var owner = new KeyOwner(
                row.getUUID("key_id"),
                row.getString("api_key"),
                row.getString("key_alias"),
                row.getString("user_id"),
                row.getString("team_id"),
                row.getString("team_alias"),
                row.getString("organization_id"));
        return new AdjustmentTarget(
                owner,
                row.getString("request_id"),
                row.getString("end_user"),
                row.getString("model"),
                row.getString("admitted_model") == null ? row.getString("model") : row.getString("admitted_model"),
                row.getString("provider"),
                List.of(row.getArrayOfStrings("tags")),
                row.getOffsetDateTime("admitted_at").toInstant(),
                Stream.concat(Stream.of(owner), current.stream())
                        .map(KeyOwner::root)
                        .distinct()
                        .toList());
    }
}
