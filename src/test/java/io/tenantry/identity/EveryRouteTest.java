package io.tenantry.identity;

import static org.assertj.core.api.Assertions.assertThat;

import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.response.Response;
import io.tenantry.testing.Described;
import io.tenantry.testing.Given;
import io.tenantry.testing.StoreAccess;
import io.tenantry.testing.StoresResource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What holds for every route of the management API alike, on the lines of {@code permission-walk.txt}. */
@QuarkusTest
@QuarkusTestResource(StoresResource.class)
class EveryRouteTest {

    private static final Pattern SECRET = Pattern.compile("sk-[A-Za-z0-9_-]{12,}");

    /** What has to be so that the line's request changes something. */
    private static final Map<String, String> BEFORE = Map.of(
            "POST /team/unblock", "POST /team/block",
            "POST /key/unblock", "POST /key/block",
            "POST /customer/unblock", "POST /customer/block",
            "POST /end_user/unblock", "POST /end_user/block",
            "POST /team/model/delete", "POST /team/model/add");

    /** Nobody has spent anything here, so there is nothing to forgive; {@code ResetSpendTest} reads the entry of what is forgiven. */
    private static final Set<String> CHANGES_NOTHING =
            Set.of("POST /key/{key}/reset_spend", "POST /team/{team_id}/member/{user_id}/reset_spend");

    private static final String ENTRIES = """
            select coalesce(string_agg(action || case when before_value is null then ' -' else ' b' end
                                              || case when after_value is null then '-' else 'a' end, ', '), 'none')
                   || case when bool_and(actor_user_id <> '') then '' else ' without an actor' end
            from audit_log where on_behalf_of = ?""";

    private static final String TEXT =
            "select string_agg(concat_ws(' ', before_value, after_value, actor_key_id, object_id), ' ') from audit_log where on_behalf_of = ?";

    private final List<String> surprises = new ArrayList<>();
    private WalkedTenant tenant;
    private WalkedCaller master;

    @BeforeEach
    void make() {
        tenant = WalkedTenant.made();
        master = WalkedCaller.of(WalkedRole.PROXY_ADMIN, tenant, () -> 0);
    }

    private static List<WalkedRoute> routes(Predicate<WalkedRoute> which) {
        return WalkedRoute.all().stream()
                .filter(route -> route.isKnown() && !route.isAdmission())
                .filter(which)
                .toList();
    }

    private static boolean changes(WalkedRoute route) {
        return !route.method().equals("GET") && !route.action().isRead();
    }

    @Test
    void every_change_is_in_the_trail_once_with_before_and_after_and_without_a_secret() {
        for (var route : routes(EveryRouteTest::changes)) {
            var names = new HashMap<String, String>();
            prepare(route, names);
            var marker = Given.unique("walk");
            var answer = master.send(route, tenant.fill(route.request(), names), Map.of("litellm-changed-by", marker));

            if (answer.statusCode() / 100 != 2) {
                note(route, "is refused", answer);
                continue;
            }
            var entries = StoreAccess.queryOne(ENTRIES, marker);
            if (!(entries.startsWith("none") && CHANGES_NOTHING.contains(route.name()))
                    && !entries.matches("((created -a|deleted b-|(updated|blocked|unblocked|rotated) ba)(, )?)+")) {
                note(route, "left in the trail: " + entries, answer);
            }
            var text = String.valueOf(StoreAccess.queryOne(TEXT, marker));
            var secrets = SECRET.matcher(answer.asString()).results().map(found -> found.group());
            if (SECRET.matcher(text).find() || secrets.anyMatch(text::contains)) {
                note(route, "left a secret in the trail", answer);
            }
        }

        assertThat(surprises).isEmpty();
    }

    @Test
    void every_change_can_be_repeated_with_its_key_and_happens_once() {
        for (var route : routes(EveryRouteTest::changes)) {
            var names = new HashMap<String, String>();
            prepare(route, names);
            var marker = Given.unique("walk");
            var headers = Map.of(
                    "litellm-changed-by",
                    marker,
                    "Idempotency-Key",
                    UUID.randomUUID().toString());
            var request = tenant.fill(route.request(), names);

            var first = master.send(route, request, headers);
            var entries = StoreAccess.queryOne(ENTRIES, marker);
            var second = master.send(route, request, headers);

            if (!"true".equals(second.header("Idempotent-Replayed"))
                    || second.statusCode() != first.statusCode()
                    || !second.asString().equals(first.asString())) {
                note(
                        route,
                        "is not answered again: %d %s, first".formatted(second.statusCode(), second.asString()),
                        first);
            }
            if (!entries.equals(StoreAccess.queryOne(ENTRIES, marker))) {
                note(route, "happens twice", second);
            }
        }

        assertThat(surprises).isEmpty();
    }

    @Test
    void every_answer_is_as_the_description_says() {
        var described = Described.served();
        for (var route : WalkedRoute.all()) {
            var names = new HashMap<String, String>();
            prepare(route, names);
            var answer = master.send(route, tenant.fill(route.request(), names), Map.of());
            var body = answer.asString().isEmpty() ? null : answer.jsonPath().get("$");

            var differences = described.differences(route.method(), route.path(), answer.statusCode(), body);
            if (!differences.isEmpty()) {
                note(route, "differs from its description: " + differences, answer);
            }
        }

        assertThat(surprises).isEmpty();
    }

    @Test
    void every_read_has_a_tag_and_is_not_sent_twice() {
        for (var route : routes(route -> route.method().equals("GET"))) {
            var request = tenant.fill(route.request(), new HashMap<>());
            var first = master.send(route, request, Map.of());
            var tag = first.header("ETag");
            if (first.statusCode() != 200 || tag == null) {
                note(route, "has no tag", first);
                continue;
            }
            var second = master.send(route, request, Map.of("If-None-Match", tag));
            if (second.statusCode() != 304 || !second.asString().isEmpty()) {
                note(route, "is sent again", second);
            }
        }

        assertThat(surprises).isEmpty();
    }

    private void prepare(WalkedRoute route, Map<String, String> names) {
        var before = BEFORE.get(route.name());
        if (before == null) {
            return;
        }
        var preparing = routes(candidate -> candidate.name().equals(before)).get(0);
        // the same object: the line before is filled with the request of this one
        master.send(preparing, tenant.fill(route.request(), names), Map.of());
    }

    private void note(WalkedRoute route, String what, Response answer) {
        var body = answer.asString();
        surprises.add("%n%s %s: %d %s"
                .formatted(route.name(), what, answer.statusCode(), body.substring(0, Math.min(300, body.length()))));
    }
}
