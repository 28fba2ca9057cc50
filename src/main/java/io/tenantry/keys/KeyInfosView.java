package io.tenantry.keys;

import java.util.List;
import java.util.Map;
import org.eclipse.microprofile.openapi.annotations.enums.SchemaType;
import org.eclipse.microprofile.openapi.annotations.media.Schema;

/**
 * Several keys.
 *
 * @param key  as they were asked for
 * @param info those that are there, with all columns, the most expensive first
 */
public record KeyInfosView(
        List<String> key,

        @Schema(type = SchemaType.ARRAY, implementation = KeyRow.class)
        List<Map<String, Object>> info) {}
