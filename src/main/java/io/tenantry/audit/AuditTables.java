package io.tenantry.audit;

import java.util.Arrays;
import java.util.Map;
import java.util.stream.Collectors;

/** What clients of this API call the kinds of objects: by the original's table names. */
final class AuditTables {

    private static final Map<String, String> NAMES = Map.ofEntries(
            Map.entry("organization", "LiteLLM_OrganizationTable"),
            Map.entry("team", "LiteLLM_TeamTable"),
            Map.entry("user", "LiteLLM_UserTable"),
            Map.entry("key", "LiteLLM_VerificationToken"),
            Map.entry("budget", "LiteLLM_BudgetTable"),
            Map.entry("organization_member", "LiteLLM_OrganizationMembership"),
            Map.entry("team_member", "LiteLLM_TeamMembership"),
            Map.entry("customer", "LiteLLM_EndUserTable"),
            Map.entry("end_user", "LiteLLM_EndUserTable"),
            Map.entry("tag", "LiteLLM_TagTable"));

    private AuditTables() {}

    static String nameOf(String kind) {
        var known = NAMES.get(kind);
        return known != null
                ? known
                : Arrays.stream(kind.split("_"))
                        .map(word -> Character.toUpperCase(word.charAt(0)) + word.substring(1))
                        .collect(Collectors.joining("", "LiteLLM_", "Table"));
    }

    /** The kinds that are called so; none for a name that nothing has. Our own words are understood too. */
    static String[] kindsOf(String name) {
        var known = NAMES.entrySet().stream()
                .filter(entry -> entry.getValue().equals(name))
                .map(Map.Entry::getKey)
                .toArray(String[]::new);
        return known.length > 0
                ? known
                : new String[] {
                    name.replaceAll("^LiteLLM_|Table$", "")
                            .replaceAll("([a-z])([A-Z])", "$1_$2")
                            .toLowerCase(java.util.Locale.ROOT)
                };
    }
}
