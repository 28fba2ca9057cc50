package io.tenantry.platform.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.annotation.JsonAnySetter;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import com.fasterxml.jackson.databind.exc.MismatchedInputException;
import io.tenantry.core.Patch;
import java.math.BigDecimal;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Absent, null and zero are three different things in every update. */
class PatchJsonTest {

    @JsonNaming(PropertyNamingStrategies.SnakeCaseStrategy.class)
    record Change(
            Patch<Long> tpmLimit,
            Patch<BigDecimal> maxBudget,
            Patch<List<String>> models,
            Patch<Map<String, Object>> metadata,
            @JsonAnySetter Map<String, Object> others) {}

    private final ObjectMapper json = mapper();

    private static ObjectMapper mapper() {
        var mapper = new ObjectMapper();
        new WireFormats().customize(mapper);
        return mapper;
    }

    @Test
    void aMissingFieldStays() throws Exception {
        var change = json.readValue("{}", Change.class);

        assertThat(change.tpmLimit()).isEqualTo(Patch.absent());
        assertThat(change.tpmLimit().over(7L)).isEqualTo(7L);
        assertThat(change.models().isPresent()).isFalse();
    }

    @Test
    void nullClears() throws Exception {
        var change = json.readValue("{\"tpm_limit\": null, \"models\": null}", Change.class);

        assertThat(change.tpmLimit()).isEqualTo(Patch.cleared());
        assertThat(change.tpmLimit().over(7L)).isNull();
        assertThat(change.models().isPresent()).isTrue();
    }

    @Test
    void zeroIsAValue() throws Exception {
        var change = json.readValue("{\"tpm_limit\": 0, \"max_budget\": 0, \"models\": []}", Change.class);

        assertThat(change.tpmLimit().over(7L)).isZero();
        assertThat(change.maxBudget().orNull()).isEqualByComparingTo("0");
        assertThat(change.models().over(List.of("gpt-4o"))).isEmpty();
    }

    @Test
    void valuesAreReadByTheRulesOfTheWire() {
        assertThatThrownBy(() -> json.readValue("{\"tpm_limit\": 1.5}", Change.class))
                .isInstanceOf(MismatchedInputException.class);
        assertThatThrownBy(() -> json.readValue("{\"tpm_limit\": \"\"}", Change.class))
                .isInstanceOf(MismatchedInputException.class);
    }
}
