package io.tenantry.tenancy;

import static io.tenantry.testing.Given.body;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.hasKey;
import static org.hamcrest.Matchers.hasSize;

import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.tenantry.testing.Admissions;
import io.tenantry.testing.Api;
import io.tenantry.testing.Given;
import io.tenantry.testing.StoresResource;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

@QuarkusTest
@QuarkusTestResource(StoresResource.class)
class UserActivityTest {

    private static final List<String> PATHS = List.of("/user/daily/activity", "/user/daily/activity/aggregated");

    @Test
    void a_user_reads_the_own_use_by_day_and_model() {
        var user = Given.user();
        var key = Given.key("user_id", user, "team_id", Given.team());
        use(key);
        use(key);
        use(Given.key("user_id", Given.user()));

        for (var path : PATHS) {
            for (var caller : List.of(key, Api.MASTER_KEY)) {
                Api.as(caller)
                        .get(path, days("user_id", user))
                        .then()
                        .statusCode(200)
                        .body("results", hasSize(1))
                        .body("results[0].metrics.api_requests", equalTo(2))
                        .body("results[0].metrics.prompt_tokens", equalTo(20))
                        .body("results[0].breakdown.models", hasKey("gpt-4o"))
                        .body("results[0].breakdown.entities", hasKey(user))
                        .body("metadata.total_tokens", equalTo(30))
                        .body("metadata.has_more", equalTo(false));
            }
        }
        Api.as(key).get(PATHS.get(0), days()).then().body("metadata.total_api_requests", equalTo(2));
    }

    @Test
    void somebody_elses_use_is_refused_whether_or_not_there_is_such_a_user() {
        for (var path : PATHS) {
            for (var other : List.of(Given.user(), Given.unique("none"))) {
                Api.as(Tenants.user("user_role", "internal_user").key())
                        .get(path, days("user_id", other))
                        .then()
                        .statusCode(403)
                        .body("error.param", equalTo("user_id"));
            }
            Api.as(Given.keyOfUserWithRole("proxy_admin_viewer"))
                    .get(path, days())
                    .then()
                    .statusCode(200);
            Api.as(Tenants.keyOfTeam(Given.team())).get(path, days()).then().statusCode(200);
            Api.asNobody().get(path, days()).then().statusCode(401);
            Api.asMaster().get(path).then().statusCode(400).body("error.param", equalTo("start_date"));
        }
    }

    private static Map<String, Object> days(Object... more) {
        var query = body(more);
        query.put("start_date", LocalDate.now(ZoneOffset.UTC).minusDays(1).toString());
        query.put("end_date", LocalDate.now(ZoneOffset.UTC).plusDays(1).toString());
        return query;
    }

    private static void use(String key) {
        var id =
                Api.asMaster().create("/v1/admissions", Admissions.request(key)).getString("admission_id");
        Api.asMaster().create("/v1/admissions/" + id + "/settlement", body("input_tokens", 10, "output_tokens", 5));
    }
}
