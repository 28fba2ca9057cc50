package io.tenantry.platform.log;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tenantry.platform.stores.StartRefused;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class JsonLogTest {

    @ParameterizedTest
    @CsvSource({
        "auto, true, true",
        "auto, false, false",
        "true, false, true",
        "true, true, true",
        "FALSE, true, false",
        "' false ', false, false"
    })
    void auto_follows_the_stores_and_the_others_do_not(String setting, boolean storesAreGiven, boolean json) {
        assertThat(JsonLog.parse(setting).appliesWith(storesAreGiven)).isEqualTo(json);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "yes", "json"})
    void anything_else_is_refused_in_words(String setting) {
        assertThatThrownBy(() -> JsonLog.parse(setting))
                .isInstanceOf(StartRefused.class)
                .hasMessageContaining("tenantry.log.json");
    }
}
