package io.tenantry.identity;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class AllowedRoutesTest {

    @ParameterizedTest
    @CsvSource({
        "/key/info, /key/info, true",
        "/key/info, /key/information, false",
        "/team, /team/info, true",
        "/team/*, /team/info, true",
        "/team/*, /teams, false",
        "*, /key/delete, true",
        "info_routes, /key/list, true",
        "info_routes, /user/filter/ui, true",
        "info_routes, /key/list/, true",
        "info_routes, /key/generate, false",
        "info_routes, /key/info/regenerate, false",
        "management_routes, /audit/a-1, true",
        "management_routes, /auditors, false",
        "management_routes, /key/generate, true",
        "management_routes, /v1/admissions, false",
        "key_management_routes, /key/k/regenerate, true",
        "key_management_routes, /user/info, false",
        "spend_tracking_routes, /spend/logs, true",
        "spend_tracking_routes, /key/info, false",
        "llm_api_routes, /key/info, false",
        "no_such_group, /key/info, false",
    })
    void an_entry_covers_its_routes_and_no_others(String entry, String path, boolean covered) {
        assertThat(AllowedRoutes.permit(List.of(entry), path)).isEqualTo(covered);
        assertThat(AllowedRoutes.permit(List.of("/elsewhere", entry), path)).isEqualTo(covered);
    }

    @Test
    void an_empty_list_allows_everything() {
        assertThat(AllowedRoutes.permit(List.of(), "/key/delete")).isTrue();
    }
}
