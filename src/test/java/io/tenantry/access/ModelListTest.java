package io.tenantry.access;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ModelListTest {

    @ParameterizedTest
    @CsvSource({
        "gpt-4o, gpt-4o, true",
        "gpt-4o, gpt-4o-mini, false",
        "gpt-4.1*, gpt-4.1-mini, true",
        "gpt-4.1*, gpt-4x1, false",
        "openai/*, openai/gpt-4o, true",
        "openai/*, xopenai/gpt-4o, false",
        "*-mini, gpt-4o-mini, true",
        "*-mini, gpt-4o-mini-2, false",
        "*, anything, true",
        "all-proxy-models, anything, true",
        "all-team-models, anything, true",
        "no-default-models, gpt-4o, false",
        "a*b*c, a1b2c, true",
        "(gpt|claude)*, gpt-4o, false",
        "GPT-4o, gpt-4o, false",
    })
    void matches_whole_names_and_only_the_star_is_special(String entry, String model, boolean allowed) {
        assertThat(ModelList.of(List.of(entry)).allows(model, model)).isEqualTo(allowed);
    }

    @Test
    void an_alias_counts_as_well_as_its_target() {
        assertThat(ModelList.of(List.of("fast")).allows("gpt-4o-mini", "fast")).isTrue();
        assertThat(ModelList.of(List.of("gpt-4o-mini")).allows("gpt-4o-mini", "fast"))
                .isTrue();
        assertThat(ModelList.of(List.of("other")).allows("gpt-4o-mini", "fast")).isFalse();
    }
}
