package io.tenantry.platform.database;

import static org.assertj.core.api.Assertions.assertThat;

import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.RestAssured;
import io.tenantry.testing.Api;
import io.tenantry.testing.Given;
import io.tenantry.testing.LogLines;
import io.tenantry.testing.RedisServers;
import io.tenantry.testing.StoreAccess;
import io.tenantry.testing.StoresResource;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.logging.Level;
import org.junit.jupiter.api.Test;

@QuarkusTest
@QuarkusTestResource(StoresResource.class)
class GivenUpCallsTest {

    @Test
    void a_caller_who_leaves_while_the_database_is_silent_is_a_line_and_no_error() throws Exception {
        var team = Given.team();
        try (var told = LogLines.of(GivenUpCalls.class);
                var errors = LogLines.of(GivenUpCalls.DROPPED);
                var holding = StoreAccess.database()) {
            holding.setAutoCommit(false);
            holding.createStatement().execute("select from team where team_id = '" + team + "' for update");
            asks("/team/update", "{\"team_id\": \"" + team + "\", \"team_alias\": \"left\"}");
            RedisServers.await("the call waits for the row", 10, () -> waiting() > 0);
            leaves();
            holding.rollback();

            RedisServers.await("it is told", 10, () -> !told.all().isEmpty());
            assertThat(errors.all()).isEmpty();
        }
        assertThat(Api.asMaster().get("/team/info?team_id=" + team).jsonPath().getString("team_info.team_alias"))
                .isNotEqualTo("left");
    }

    @Test
    void what_else_nobody_hears_of_is_told() {
        try (var errors = LogLines.of(GivenUpCalls.DROPPED)) {
            GivenUpCalls.DROPPED.log(Level.SEVERE, "dropped", new IllegalStateException("a defect"));
            GivenUpCalls.DROPPED.log(Level.SEVERE, "dropped", new IllegalArgumentException());

            assertThat(errors.all()).hasSize(2);
        }
    }

    private Socket caller;

    private void asks(String path, String body) throws Exception {
        caller = new Socket("127.0.0.1", RestAssured.port);
        var request =
                "POST %s HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer %s\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s"
                        .formatted(path, Api.MASTER_KEY, body.length(), body);
        caller.getOutputStream().write(request.getBytes(StandardCharsets.US_ASCII));
        caller.getOutputStream().flush();
    }

    private void leaves() throws Exception {
        caller.close();
        Thread.sleep(200);
    }

    private static int waiting() {
        return Integer.parseInt(StoreAccess.queryOne(
                "select count(*) from pg_stat_activity where wait_event_type = 'Lock' and query ilike '%team%'"));
    }
}
