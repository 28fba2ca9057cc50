package io.tenantry.keys;

import static org.assertj.core.api.Assertions.assertThat;

import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.tenantry.core.SecretHash;
import io.tenantry.testing.Api;
import io.tenantry.testing.Given;
import io.tenantry.testing.StoreAccess;
import io.tenantry.testing.StoresResource;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** The organization that is kept beside a key is the one that the key belongs to, whatever moves. */
@QuarkusTest
@QuarkusTestResource(StoresResource.class)
class KeyPlacesTest {

    private static final String MISPLACED = """
            select count(*) from api_key k left join team t on t.team_id = k.team_id
            where k.effective_organization_id is distinct from coalesce(t.organization_id, k.organization_id)""";

    private static void assertAllInPlace() {
        assertThat(StoreAccess.queryOne(MISPLACED)).isEqualTo("0");
    }

    private static List<String> keysOf(String organization) {
        return Api.asMaster()
                .get("/key/list", Map.of("organization_id", organization))
                .then()
                .statusCode(200)
                .extract()
                .jsonPath()
                .getList("keys", String.class);
    }

    private static String column(String name, String key) {
        return StoreAccess.queryOne("select " + name + " from api_key where secret_hash = ?", SecretHash.of(key));
    }

    @Test
    void keys_follow_their_team_and_are_the_same_as_before() {
        var from = Owners.organization();
        var to = Owners.organization();
        var team = Owners.team(from);
        var key = Given.key("team_id", team);
        var updated = column("updated_at", key);
        var version = column("version", key);
        assertThat(keysOf(from)).containsExactly(SecretHash.of(key));

        Api.asMaster().create("/team/update", Map.of("team_id", team, "organization_id", to));

        assertThat(keysOf(from)).isEmpty();
        assertThat(keysOf(to)).containsExactly(SecretHash.of(key));
        assertThat(column("updated_at", key)).isEqualTo(updated);
        assertThat(column("version", key)).isEqualTo(version);
        assertThat(KeyFixtures.admitted(key)).isTrue();
        assertAllInPlace();
    }

    @Test
    void a_key_that_changes_its_owner_changes_its_place() {
        var organization = Owners.organization();
        var other = Owners.organization();
        var key = Given.key("organization_id", organization);
        assertThat(keysOf(organization)).containsExactly(SecretHash.of(key));

        KeyFixtures.update("key", key, "team_id", Owners.team(other));

        assertThat(keysOf(organization)).isEmpty();
        assertThat(keysOf(other)).containsExactly(SecretHash.of(key));
        assertAllInPlace();
    }

    @Test
    void keys_that_are_issued_while_their_team_moves_end_where_it_does() {
        var places = List.of(Owners.organization(), Owners.organization());
        var team = Owners.team(places.get(0));

        var issued = new AtomicInteger();
        var issuing = IntStream.range(0, 4)
                .mapToObj(n -> CompletableFuture.runAsync(() -> issueFive(team, issued)))
                .toArray(CompletableFuture[]::new);
        for (int i = 1; i <= 6; i++) {
            Api.asMaster().post("/team/update", Map.of("team_id", team, "organization_id", places.get(i % 2)));
        }
        CompletableFuture.allOf(issuing).join();

        assertAllInPlace();
        var home = StoreAccess.queryOne("select organization_id from team where team_id = ?", team);
        assertThat(Api.asMaster()
                        .get("/key/list", Map.of("organization_id", home))
                        .jsonPath()
                        .getInt("total_count"))
                .isEqualTo(issued.get())
                .isPositive();
    }

    private static void issueFive(String team, AtomicInteger issued) {
        for (int i = 0; i < 5; i++) {
            // one whose team has moved since its owner was looked at is refused, to be asked for again
            var status = Api.asMaster()
                    .post("/key/generate", Map.of("team_id", team))
                    .statusCode();
            assertThat(status).isIn(200, 409);
            issued.addAndGet(status == 200 ? 1 : 0);
        }
    }

    @Test
    void what_lies_in_several_ranges_of_a_callers_reach_is_listed_once() {
        var mine = List.of(Owners.organization(), Owners.organization());
        var foreign = Owners.organization();
        var admin = Owners.user();
        for (var organization : mine) {
            var member = Map.of("role", "org_admin", "user_id", admin);
            Api.asMaster()
                    .create("/organization/member_add", Map.of("organization_id", organization, "member", member));
        }
        var administered = Owners.team(foreign);
        Owners.join(administered, admin, "admin");
        var joined = Owners.team(foreign);
        Owners.join(joined, admin, "user");
        var caller = Given.key("user_id", admin);
        var reached = List.of(
                caller,
                Given.key("user_id", admin, "team_id", Owners.team(mine.get(0))),
                Given.key("organization_id", mine.get(0)),
                Given.key("team_id", Owners.team(mine.get(1))),
                Given.key("team_id", administered),
                Given.key("team_id", joined));
        Given.key("team_id", Owners.team(foreign));
        Given.key("team_id", joined, "user_id", Owners.user());

        var answer = Api.as(caller)
                .get("/key/list", Map.of("include_team_keys", true, "include_created_by_keys", true))
                .jsonPath();
        assertThat(answer.getList("keys", String.class))
                .containsExactlyInAnyOrderElementsOf(
                        reached.stream().map(SecretHash::of).toList());
        assertThat(answer.getInt("total_count")).isEqualTo(reached.size());
    }
}
