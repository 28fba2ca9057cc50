package io.tenantry.testing;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;

/** What a change left in the trail. For every test of a mutation. */
public final class AuditProbe {

    private AuditProbe() {}

    /** An object's kind, as in the trail: its label. */
    public static void assertRecorded(String kind, String objectId, String action, String... secrets) {
        assertRecorded(1, kind, objectId, action, secrets);
    }

    /** Asserts that there are so many entries of this action for the object, and that none of them holds one of the secrets. */
    public static void assertRecorded(int times, String kind, String objectId, String action, String... secrets) {
        assertThat(StoreAccess.queryOne(
                        "select count(*) from audit_log where object_kind = ? and object_id = ? and action = ?",
                        kind,
                        objectId,
                        action))
                .as("entries that say that %s '%s' was %s", kind, objectId, action)
                .isEqualTo(String.valueOf(times));
        var text = StoreAccess.queryOne(
                "select string_agg(concat_ws(' ', before_value, after_value, actor_key_id, on_behalf_of), ' ') from audit_log where object_kind = ? and object_id = ?",
                kind,
                objectId);
        assertThat(text).doesNotContainPattern("sk-[A-Za-z0-9_-]{12,}");
        Arrays.stream(secrets).forEach(secret -> assertThat(text).doesNotContain(secret));
    }
}
