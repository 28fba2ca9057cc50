package io.tenantry.tenancy;

import static io.tenantry.testing.Given.body;
import static org.assertj.core.api.Assertions.assertThat;

import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.tenantry.testing.Api;
import io.tenantry.testing.Given;
import io.tenantry.testing.Statements;
import io.tenantry.testing.StoreAccess;
import io.tenantry.testing.StoresResource;
import java.util.List;
import java.util.Map;
import java.util.function.IntFunction;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Each bulk call sends as many statements for two hundred items as for two. */
@QuarkusTest
@QuarkusTestResource(StoresResource.class)
class BulkStatementsTest {

    private static final int FEW = 2;
    private static final int MANY = 200;

    @Test
    void users_are_made() {
        var team = Given.team();

        costsTheSame(
                "/user/bulk_create",
                n -> listOf(
                        n,
                        i -> body(
                                "user_email",
                                Given.unique("bulk") + "@example.org",
                                "teams",
                                List.of(team),
                                "object_permission",
                                Map.of("agents", List.of("a" + i)))));
    }

    @Test
    void users_are_changed() {
        var users = users(MANY);

        costsTheSame(
                "/user/bulk_update",
                n -> body(
                        "users",
                        listOf(
                                n,
                                i -> body(
                                        "user_id",
                                        users.get(i),
                                        "user_email",
                                        Given.unique("mail") + "@example.org",
                                        "max_budget",
                                        i,
                                        "object_permission",
                                        Map.of("agents", List.of("a" + i))))));
    }

    @Test
    void members_are_added() {
        var users = users(MANY);

        costsTheSame(
                "/team/bulk_member_add",
                n -> body(
                        "team_id",
                        Given.team(),
                        "max_budget_in_team",
                        3,
                        "members",
                        listOf(n, i -> body("user_id", users.get(i), "role", "user"))));
    }

    @Test
    void keys_are_changed() {
        var team = Given.team();
        var keys = keysIn(team, MANY);

        costsTheSame(
                "/key/bulk_update",
                n -> body(
                        "keys",
                        listOf(
                                n,
                                i -> body(
                                        "key",
                                        keys.get(i),
                                        "team_id",
                                        team,
                                        "key_alias",
                                        Given.unique("alias"),
                                        "max_budget",
                                        i,
                                        "object_permission",
                                        Map.of("agents", List.of("a" + i))))));
    }

    @Test
    void keys_of_teams_that_hand_out_their_budget_exactly_are_changed() {
        var organization = Given.organization("strict_allocation", true, "max_budget", 100_000);
        var team = Given.team("organization_id", organization, "max_budget", 100_000);
        var keys = keysIn(team, MANY);

        costsTheSame(
                "/key/bulk_update",
                n -> body("keys", listOf(n, i -> body("key", keys.get(i), "max_budget", 1 + i % 7))));
    }

    @Test
    void keys_of_a_team_are_changed_alike() {
        var team = Given.team();
        var keys = keysIn(team, MANY);

        costsTheSame(
                "/team/key/bulk_update",
                n -> body(
                        "team_id",
                        team,
                        "key_ids",
                        keys.subList(0, n),
                        "update_fields",
                        body("max_budget", 5, "budget_duration", "1d")));
    }

    private static void costsTheSame(String path, IntFunction<Object> request) {
        var few = Statements.of(() -> done(path, request.apply(FEW)));

        assertThat(Statements.of(() -> done(path, request.apply(MANY)))).isLessThanOrEqualTo(few);
    }

    private static void done(String path, Object request) {
        var answer = Api.asMaster().create(path, request);
        var failed = answer.getMap("$").entrySet().stream()
                .filter(entry -> entry.getKey().toString().startsWith("failed"))
                .map(Map.Entry::getValue)
                .toList();
        assertThat(failed).allSatisfy(none -> assertThat(none).isIn(0, List.of()));
    }

    private static List<Object> listOf(int n, IntFunction<Object> item) {
        return IntStream.range(0, n).mapToObj(item).toList();
    }

    private static List<String> users(int count) {
        var id = Given.unique("bulk");
        Api.asMaster().create("/user/bulk_create", listOf(count, i -> body("user_id", id + i)));
        return IntStream.range(0, count).mapToObj(i -> id + i).toList();
    }

    private static List<String> keysIn(String team, int count) {
        StoreAccess.execute(
                "insert into api_key (key_id, secret_hash, key_name, team_id, max_budget_nano, created_by, updated_by)"
                        + " select gen_random_uuid(), encode(sha256(gen_random_uuid()::text::bytea), 'hex'), 'sk-...test', ?, 1, 't', 't'"
                        + " from generate_series(1, ?)",
                team,
                count);
        return List.of(StoreAccess.queryOne("select string_agg(key_id::text, ',') from api_key where team_id = ?", team)
                .split(","));
    }
}
