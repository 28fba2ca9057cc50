package io.tenantry.identity;

import static io.restassured.RestAssured.given;
import static org.assertj.core.api.Assertions.assertThat;

import io.micrometer.core.instrument.MeterRegistry;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.tenantry.identity.WalkedRole.Outcome;
import io.tenantry.identity.WalkedRoute.Target;
import io.tenantry.testing.StoresResource;
import jakarta.inject.Inject;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/**
 * Calls every route as every role, in the caller's own tenant and in somebody else's, and compares with what {@link Action} says. What belongs to
 * somebody else has to be answered, to the letter, like what does not exist, and after as many statements, so that the time tells nothing either.
 */
@QuarkusTest
@QuarkusTestResource(StoresResource.class)
class PermissionWalkTest {

    /** Something else may ask the database at the same time: once in a while, but not each time. */
    private static final int ATTEMPTS = 4;

    @Inject
    MeterRegistry meters;

    @Test
    void every_route_of_the_service_is_walked() {
        var walked = WalkedRoute.all().stream().map(WalkedRoute::name).collect(Collectors.toCollection(TreeSet::new));
        var missing = new TreeSet<>(served());
        missing.removeAll(walked);

        assertThat(missing)
                .as("routes without a line in src/test/resources/permission-walk.txt")
                .isEmpty();
    }

    @Test
    void every_role_meets_on_every_route_what_the_table_says() {
        var served = served();
        var own = WalkedTenant.made();
        var foreign = WalkedTenant.made();
        var missing = WalkedTenant.missing();
        var callers = new EnumMap<WalkedRole, WalkedCaller>(WalkedRole.class);
        for (var role : WalkedRole.values()) {
            callers.put(role, WalkedCaller.of(role, own, this::statements));
        }

        var surprises = new ArrayList<String>();
        for (var route : WalkedRoute.all()) {
            if (!served.contains(route.name())) {
                continue;
            }
            if (!route.isKnown()) {
                surprises.add(route.name() + ": there is no action " + route.actionName());
                continue;
            }
            callers.forEach((role, caller) -> {
                new Step(route, role, caller, surprises).inOwnTenant(own);
                if (!role.isOfThePlatform()) {
                    new Step(route, role, caller, surprises).inForeignTenant(foreign, missing);
                }
            });
        }

        assertThat(surprises).as("%d surprises", surprises.size()).isEmpty();
    }

    private record Step(WalkedRoute route, WalkedRole role, WalkedCaller caller, List<String> surprises) {

        void inOwnTenant(WalkedTenant own) {
            var met = caller.call(route, own);
            compare(met, "own tenant", role.expected(route, true));
            if (role == WalkedRole.PROXY_ADMIN
                    && !route.isAdmission()
                    && met.response().statusCode() / 100 != 2) {
                note("the request of the line is not valid", met);
            }
        }

        void inForeignTenant(WalkedTenant foreign, WalkedTenant missing) {
            var met = caller.call(route, foreign);
            compare(met, "foreign tenant", role.expected(route, false));
            var body = met.response().asString();
            // a refusal repeats what was asked; everything else must know nothing of the other tenant
            if (met.outcome() == Outcome.THROUGH
                    && !route.isAdmission()
                    && foreign.identities(route).stream().anyMatch(body::contains)) {
                note("something of the foreign tenant is shown", met);
            }
            if (route.target() != Target.NONE) {
                var absent = caller.call(route, missing);
                if (absent.response().statusCode() != met.response().statusCode()
                        || !absent.anonymous().equals(met.anonymous())) {
                    note("foreign and missing can be told apart: " + absent.anonymous(), met);
                }
                if (met.outcome() == Outcome.NOT_FOUND
                        && met.statements() != absent.statements()
                        && !costTheSame(foreign, missing)) {
                    note(
                            "foreign takes %d statements, missing %d".formatted(met.statements(), absent.statements()),
                            met);
                }
            }
        }

        private boolean costTheSame(WalkedTenant foreign, WalkedTenant missing) {
            return IntStream.range(0, ATTEMPTS)
                    .anyMatch(attempt -> caller.call(route, foreign).statements()
                            == caller.call(route, missing).statements());
        }

        private void compare(WalkedCaller.Met met, String where, Outcome expected) {
            var unknownAdmission = route.isAdmission() && met.outcome() == Outcome.NOT_FOUND;
            var outcome = unknownAdmission ? Outcome.THROUGH : met.outcome();
            if (outcome != expected || met.response().statusCode() >= 500) {
                note(where + ", expected " + expected, met);
            }
        }

        private void note(String what, WalkedCaller.Met met) {
            surprises.add("%n%s as %s: %s, got %d %s"
                    .formatted(
                            route.name(),
                            role.title,
                            what,
                            met.response().statusCode(),
                            met.anonymous()
                                    .substring(0, Math.min(300, met.anonymous().length()))));
        }
    }

    /** How many statements the management API's pool has completed. */
    private long statements() {
        return (long) meters.get("postgresql.completed")
                .tag("clientName", "<default>")
                .meter()
                .measure()
                .iterator()
                .next()
                .getValue();
    }

    /** The operations of the served description, without those of tests. */
    private static List<String> served() {
        Map<String, Map<String, Object>> paths =
                given().accept("application/json").get("/q/openapi").jsonPath().getMap("paths");
        return paths.entrySet().stream()
                .filter(path -> !path.getKey().startsWith("/test/"))
                .flatMap(path -> path.getValue().keySet().stream()
                        .filter(verb ->
                                List.of("get", "post", "put", "patch", "delete").contains(verb))
                        .map(verb -> verb.toUpperCase() + " " + path.getKey()))
                .toList();
    }
}
