package io.tenantry.core;

/** What an id names. The label is the word in messages, audit rows and Redis names. */
public enum ResourceKind {
    ORGANIZATION("organization", "organization_id"),
    TEAM("team", "team_id"),
    USER("user", "user_id"),
    KEY("key", "key"),
    BUDGET("budget", "budget_id"),
    END_USER("end_user", "user_id"),
    TAG("tag", "name"),
    ACCESS_GROUP("access_group", "access_group_id"),
    ORGANIZATION_MEMBER("organization_member", "user_id"),
    TEAM_MEMBER("team_member", "user_id"),
    /** What all requests share. */
    GLOBAL("global", "global");

    public final String label;

    /** The request field that usually carries such an id, for error bodies. */
    public final String field;

    ResourceKind(String label, String field) {
        this.label = label;
        this.field = field;
    }

    public static ResourceKind ofLabel(String label) {
        for (var kind : values()) {
            if (kind.label.equals(label)) {
                return kind;
            }
        }
        throw new IllegalArgumentException("no resource kind is called " + label);
    }
}
