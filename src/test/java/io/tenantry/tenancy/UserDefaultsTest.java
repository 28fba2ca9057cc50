package io.tenantry.tenancy;

import static io.tenantry.testing.Given.body;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusMock;
import io.quarkus.test.junit.QuarkusTest;
import io.tenantry.platform.stores.StartRefused;
import io.tenantry.testing.Api;
import io.tenantry.testing.Given;
import io.tenantry.testing.StoreAccess;
import io.tenantry.testing.StoresResource;
import io.tenantry.testing.TestTokens;
import java.math.BigDecimal;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

@QuarkusTest
@QuarkusTestResource(StoresResource.class)
class UserDefaultsTest {

    private static final String LIMITS =
            "select concat_ws(' ', user_role, max_budget_nano, budget_duration, array_to_string(models, ',')) from app_user where user_id = ?";

    private record Settings(
            Optional<String> defaultRole,
            Optional<BigDecimal> defaultMaxBudget,
            Optional<String> defaultBudgetDuration,
            Optional<List<String>> defaultModels)
            implements UsersConfig {

        static Settings of(String role, String cap, String period) {
            return new Settings(
                    Optional.ofNullable(role),
                    Optional.ofNullable(cap).map(BigDecimal::new),
                    Optional.ofNullable(period),
                    Optional.of(List.of("gpt-4o")));
        }
    }

    private static void given(String role, String cap, String period) {
        QuarkusMock.installMockForType(new UserDefaults(Settings.of(role, cap, period)), UserDefaults.class);
    }

    private static String limitsOf(String user) {
        return StoreAccess.queryOne(LIMITS, user);
    }

    @Test
    void users_get_the_defaults_on_whichever_way_they_are_made() {
        given("internal_user_viewer", "5", "30d");
        var organization = Given.organization();
        var team = Given.team("organization_id", organization);

        var alone = Given.unique("alone");
        var made = Api.asMaster().create("/user/new", body("user_id", alone));
        assertThat(made.getInt("max_budget")).isEqualTo(5);
        assertThat(made.getList("models")).isEqualTo(List.of("gpt-4o"));
        assertThat(limitsOf(alone)).isEqualTo("internal_user_viewer 5000000000 30d gpt-4o");

        var inBulk = Given.unique("bulk");
        Api.asMaster().create("/user/bulk_create", List.of(body("user_id", inBulk, "user_role", "internal_user")));
        var invited = Given.unique("invited");
        Api.asMaster()
                .create(
                        "/team/member_add",
                        body("team_id", team, "member", Map.of("role", "user", "user_id", invited)));
        var member = Given.unique("member");
        Api.asMaster()
                .create(
                        "/organization/member_add",
                        body(
                                "organization_id",
                                organization,
                                "member",
                                Map.of("role", "internal_user", "user_id", member)));
        var first = Given.unique("first");
        Api.as(TestTokens.token("sub", first, "email", first + "@example.org")).get("/key/list");
        for (var user : List.of(inBulk, invited, member, first)) {
            assertThat(limitsOf(user)).as(user).isEqualTo("internal_user 5000000000 30d gpt-4o");
        }
    }

    @Test
    void what_a_request_says_goes_before_the_defaults_and_zero_says_something() {
        given("internal_user", "5", "30d");
        var user = Given.user("max_budget", 0, "budget_duration", "1d", "models", List.of("gpt-4o-mini"));

        assertThat(limitsOf(user)).isEqualTo("internal_user 0 1d gpt-4o-mini");
    }

    @Test
    void global_administrators_and_users_who_are_there_already_get_none() {
        var known = Given.user("user_role", "internal_user");
        given("internal_user", "5", "30d");
        var admin = Given.user("user_role", "proxy_admin");
        Tenants.inTeam(Given.team(), "user");
        Api.asMaster()
                .create(
                        "/team/member_add",
                        body("team_id", Given.team(), "member", Map.of("role", "user", "user_id", known)));

        assertThat(limitsOf(admin)).isEqualTo("proxy_admin ");
        assertThat(limitsOf(known)).isEqualTo("internal_user ");
    }

    @Test
    void defaults_that_cannot_be_honoured_stop_the_start() {
        assertThatThrownBy(() -> new UserDefaults(Settings.of("proxy_admin", "5", null)))
                .isInstanceOf(StartRefused.class)
                .hasMessageContaining("tenantry.users.default-role");
        assertThatThrownBy(() -> new UserDefaults(Settings.of(null, "-5", null)))
                .isInstanceOf(StartRefused.class)
                .hasMessageContaining("tenantry.users.default-max-budget");
        assertThatThrownBy(() -> new UserDefaults(Settings.of(null, "5", "soon")))
                .isInstanceOf(StartRefused.class)
                .hasMessageContaining("default-budget-duration");
    }
}
