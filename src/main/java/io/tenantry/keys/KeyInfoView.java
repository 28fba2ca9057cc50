package io.tenantry.keys;

import jakarta.validation.constraints.NotNull;
import java.util.LinkedHashMap;
import java.util.Map;
import org.eclipse.microprofile.openapi.annotations.media.Schema;

/**
 * One key, and the name by which it was asked for.
 *
 * @param key  as the caller wrote it; the calling key's token when it was left out
 * @param info all columns but the token
 */
public record KeyInfoView(
        @NotNull String key,
        @NotNull @Schema(implementation = KeyRow.class) Map<String, Object> info) {

    static KeyInfoView of(String named, Map<String, Object> row) {
        var info = new LinkedHashMap<>(row);
        var token = (String) info.remove("token");
        return new KeyInfoView(named == null || named.isBlank() ? token : named, info);
    }
}
