package io.tenantry.identity;

import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.quarkus.runtime.configuration.DurationConverter;
import io.smallrye.config.SmallRyeConfigBuilder;
import io.tenantry.platform.stores.StartRefused;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;

class TokenSettingsTest {

    @Test
    void without_an_audience_the_start_is_refused() {
        assertThatThrownBy(() -> Tokens.requireSafe(config(Map.of("tenantry.jwt.issuer", "https://idp.example.org"))))
                .isInstanceOf(StartRefused.class)
                .hasMessageContaining("tenantry.jwt.audience");
    }

    @Test
    void a_role_that_is_none_of_ours_stops_the_start() {
        for (var mapping : new String[] {"ops=root", "ops", "ops=key"}) {
            assertThatThrownBy(() -> Tokens.requireSafe(
                            config(Map.of("tenantry.jwt.audience", "tenantry", "tenantry.jwt.roles", mapping))))
                    .isInstanceOf(StartRefused.class)
                    .hasMessageContaining(mapping);
        }
    }

    @Test
    void keys_are_fetched_by_http_only() {
        assertThatThrownBy(() -> Tokens.requireSafe(config(
                        Map.of("tenantry.jwt.audience", "tenantry", "tenantry.jwt.jwks-location", "/etc/keys.json"))))
                .isInstanceOf(StartRefused.class)
                .hasMessageContaining("jwks-location");
    }

    @Test
    void an_audience_and_a_place_for_keys_are_enough() {
        assertThatCode(() -> Tokens.requireSafe(config(Map.of(
                        "tenantry.jwt.audience",
                        "tenantry",
                        "tenantry.jwt.jwks-location",
                        "https://idp.example.org/keys",
                        "tenantry.jwt.roles",
                        "ops=proxy_admin,edge=gateway"))))
                .doesNotThrowAnyException();
    }

    private static JwtConfig config(Map<String, String> settings) {
        return new SmallRyeConfigBuilder()
                .withConverter(Duration.class, 500, new DurationConverter())
                .withMapping(JwtConfig.class)
                .withDefaultValues(new HashMap<>(settings))
                .build()
                .getConfigMapping(JwtConfig.class);
    }
}
