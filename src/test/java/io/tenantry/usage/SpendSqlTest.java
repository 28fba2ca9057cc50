package io.tenantry.usage;

import static org.assertj.core.api.Assertions.assertThat;

import io.tenantry.core.ResourceKind;
import io.tenantry.usage.SpendSql.Windows;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class SpendSqlTest {

    /** Such a function plans its statement anew for each row: a list of a thousand took seconds. */
    @ParameterizedTest
    @EnumSource(
            names = {"KEY", "TEAM", "USER", "ORGANIZATION", "TEAM_MEMBER", "ORGANIZATION_MEMBER", "END_USER", "TAG"})
    void no_function_is_called_for_each_scope(ResourceKind kind) {
        for (var windows : Windows.values()) {
            assertThat(SpendSql.of(kind, windows)).doesNotContain("ledger_sum", "{kind}", "{days}", "{events}");
        }
    }

    @Test
    void the_ledger_is_left_alone_where_the_days_tell_everything() {
        assertThat(SpendSql.of(ResourceKind.TEAM, Windows.OF_WHOLE_DAYS)).doesNotContain("usage_event");
        assertThat(SpendSql.of(ResourceKind.TEAM, Windows.LIFETIMES)).doesNotContain("daily_usage");
    }
}
