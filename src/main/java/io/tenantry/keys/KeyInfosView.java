package io.tenantry.keys;

import java.util.List;
import java.util.Map;

/**
 * Several keys.
 *
 * @param key  as they were asked for
 * @param info those that are there, with all columns, the most expensive first
 */
public record KeyInfosView(List<String> key, List<Map<String, Object>> info) {}
