package io.tenantry.usage;

import io.smallrye.mutiny.Uni;
import io.tenantry.admission.KeyOwner;
import io.tenantry.admission.KeyOwners;
import io.tenantry.core.Problem;
import io.tenantry.core.ProblemCode;
import io.tenantry.core.ResourceKind;
import io.tenantry.core.SecretHash;
import io.vertx.mutiny.sqlclient.Pool;
import io.vertx.mutiny.sqlclient.Row;
import io.vertx.mutiny.sqlclient.RowSet;
import io.vertx.mutiny.sqlclient.Tuple;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** Finds what an adjustment names. */
@ApplicationScoped
class AdjustmentTargets {

    private static final Pattern KEY_ID = Pattern.compile("[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}");

    private static final String REQUEST = """
            select * from usage_event where request_id = $1 and entry_kind = 'use' order by day desc limit 1""";

    private static final String TEAM = "select team_alias, organization_id from team where team_id = $1";
    private static final String MEMBER = "select 1 from team_membership where team_id = $1 and user_id = $2";
    private static final String USER = "select 1 from app_user where user_id = $1";
    private static final String ORGANIZATION = "select 1 from organization where organization_id = $1";

    private final Pool pool;
    private final KeyOwners owners;

    AdjustmentTargets(Pool pool, KeyOwners owners) {
        this.pool = pool;
        this.owners = owners;
    }

    /** Fails with INVALID_VALUE when not exactly one thing is named, with NOT_FOUND when it is not there. */
    Uni<AdjustmentTarget> find(NewAdjustmentRequest request, Instant now) {
        long named = Stream.of(request.requestId(), request.key(), request.organizationId())
                .filter(name -> name != null)
                .count();
        boolean level = request.teamId() != null || request.userId() != null;
        if (named + (level ? 1 : 0) != 1) {
            throw Problem.of(ProblemCode.INVALID_VALUE)
                    .param("request_id")
                    .detail(
                            "Name exactly one of request_id, key, team_id, user_id, team_id with user_id (a member), organization_id");
        }
        if (request.requestId() != null) {
            return ofRequest(request);
        }
        return owner(request).map(owner -> AdjustmentTarget.ofLevel(owner, request.at() == null ? now : request.at()));
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
        return pool.preparedQuery(REQUEST)
                .execute(Tuple.of(request.requestId()))
                .map(rows -> first(rows).orElseThrow(() -> Problem.of(ProblemCode.NOT_FOUND)
                        .param("request_id")
                        .detail("Nothing is booked under this request_id (not found)")))
                .flatMap(row -> owners.find(row.getUUID("key_id")).map(current -> target(row, current)));
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
