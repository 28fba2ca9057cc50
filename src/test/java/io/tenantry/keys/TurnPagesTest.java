package io.tenantry.keys;

import static org.assertj.core.api.Assertions.assertThat;

import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.tenantry.core.SecretHash;
import io.tenantry.testing.Api;
import io.tenantry.testing.Given;
import io.tenantry.testing.StoresResource;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Pages are asked for by their number, while what they list is made and deleted. */
@QuarkusTest
@QuarkusTestResource(StoresResource.class)
class TurnPagesTest {

    private static List<String> keys(Object... query) {
        return page("/key/list", "keys", query);
    }

    private static List<String> page(String path, String field, Object... query) {
        return Api.asMaster()
                .get(path, Given.body(query))
                .then()
                .statusCode(200)
                .extract()
                .jsonPath()
                .getList(field, String.class);
    }

    /** Two with everything, two with the same of it, two with nothing of it. */
    private static List<String> sixKeys(String team) {
        var keys = new ArrayList<String>();
        for (int i = 0; i < 4; i++) {
            keys.add(Given.key(
                    "team_id",
                    team,
                    "key_alias",
                    "alias-" + i,
                    "max_budget",
                    i / 2 + 1,
                    "duration",
                    (i / 2 + 1) + "d"));
        }
        keys.add(Given.key("team_id", team));
        keys.add(Given.key("team_id", team));
        return keys;
    }

    private static void delete(String hash) {
        Api.asMaster().create("/key/delete", Map.of("keys", List.of(hash)));
    }

    @ParameterizedTest
    @CsvSource({
        "created_at, desc", "created_at, asc", "updated_at, desc", "updated_at, asc", "token, desc", "token, asc",
        "key_alias, desc", "key_alias, asc", "max_budget, desc", "max_budget, asc", "expires, desc", "expires, asc"
    })
    void a_page_begins_where_the_one_before_ended_in_every_order(String column, String order) {
        var team = Owners.team(null);
        var all = sixKeys(team).stream().map(SecretHash::of).toList();
        var expected = keys("team_id", team, "sort_by", column, "sort_order", order);
        assertThat(expected).containsExactlyInAnyOrderElementsOf(all);

        var found = new ArrayList<String>();
        for (int page = 1; page <= 3; page++) {
            var read = keys("team_id", team, "sort_by", column, "sort_order", order, "size", 2, "page", page);
            found.addAll(read);
            // everything that was read is gone before the next page is asked for
            read.forEach(TurnPagesTest::delete);
        }

        assertThat(found).isEqualTo(expected);
    }

    @Test
    void what_is_made_in_the_meantime_repeats_nothing() {
        var team = Owners.team(Owners.organization());
        var before = sixKeys(team).stream().map(SecretHash::of).toList();

        var found = new ArrayList<>(keys("team_id", team, "size", 2));
        Given.key("team_id", team);
        Given.key("team_id", team);
        found.addAll(keys("team_id", team, "size", 2, "page", 2));
        Given.key("team_id", team);
        found.addAll(keys("team_id", team, "size", 2, "page", 3));

        assertThat(found).containsExactlyInAnyOrderElementsOf(before);
        assertThat(new HashSet<>(found)).hasSize(6);
    }

    @Test
    void who_begins_again_sees_what_is_there_now() {
        var team = Owners.team(null);
        sixKeys(team);
        keys("team_id", team, "size", 2);
        keys("team_id", team, "size", 2, "page", 2);
        var newest = SecretHash.of(Given.key("team_id", team));

        assertThat(keys("team_id", team, "size", 2)).startsWith(newest);
        var answer = Api.asMaster().get("/key/list", Given.body("team_id", team, "size", 2, "page", 4));
        assertThat(answer.jsonPath().getInt("total_count")).isEqualTo(7);
    }

    @Test
    void aliases_go_on_after_the_last_one() {
        var team = Owners.team(null);
        var mark = Given.unique("turned");
        for (var name : List.of("a", "b", "c", "d")) {
            Given.key("team_id", team, "key_alias", mark + name);
        }

        assertThat(page("/key/aliases", "aliases", "search", mark, "size", 2)).containsExactly(mark + "a", mark + "b");
        Given.key("team_id", team, "key_alias", mark + "aa");
        assertThat(page("/key/aliases", "aliases", "search", mark, "size", 2, "page", 2))
                .containsExactly(mark + "c", mark + "d");
    }
}
