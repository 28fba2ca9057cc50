package io.tenantry.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.math.BigDecimal;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class NanoUsdTest {

    @ParameterizedTest
    @CsvSource({"1, 1000000000", "0.1, 100000000", "0.000000001, 1", "0.0000000001, 1", "0.30, 300000000", "0, 0"})
    void becomes_whole_nano_dollars_and_never_less_than_the_price(BigDecimal usd, long nanos) {
        assertThat(NanoUsd.ofUsd(usd).value()).isEqualTo(nanos);
    }

    @Test
    void ten_thousand_cents_are_a_hundred_dollars_exactly() {
        var sum = NanoUsd.ZERO;
        for (int i = 0; i < 10_000; i++) {
            sum = sum.plus(NanoUsd.ofUsd(new BigDecimal("0.01")));
        }
        assertThat(sum.toUsd()).isEqualByComparingTo("100");
    }

    @ParameterizedTest
    @CsvSource({
        "100000000000, 100",
        "125000, 0.000125",
        "0, 0",
        "-500000000, -0.5",
        "-1500000000, -1.5",
        "1000000001, 1.000000001"
    })
    void is_shown_as_a_plain_decimal(long nanos, String usd) {
        assertThat(new NanoUsd(nanos).toUsd().toPlainString()).isEqualTo(usd);
        assertThat(new NanoUsd(nanos).toUsd().scale()).isNotNegative();
        assertThat(new NanoUsd(nanos).toDecimal()).isEqualTo(usd);
    }

    @Test
    void refuses_to_overflow() {
        assertThatThrownBy(() -> NanoUsd.ofUsd(new BigDecimal("10000000000"))).isInstanceOf(ArithmeticException.class);
    }
}
