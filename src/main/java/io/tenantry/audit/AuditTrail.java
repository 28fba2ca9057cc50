package io.tenantry.audit;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.quarkus.hibernate.reactive.panache.Panache;
import io.smallrye.mutiny.Uni;
import io.tenantry.core.ResourceRef;
import io.tenantry.identity.CurrentCaller;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Records who changed what, in the caller's transaction: the change and its entry are there together or not at all. */
@ApplicationScoped
public class AuditTrail {

    private static final String APPEND = """
            insert into audit_log (actor_user_id, actor_key_id, on_behalf_of, action, object_kind, object_id, organization_id,
                                   before_value, after_value)
            values (:actor, :key, :onBehalfOf, :action, :kind, :id, :organization,
                    cast(cast(:before as text) as jsonb), cast(cast(:after as text) as jsonb))""";

    private static final String APPEND_ALL = """
            insert into audit_log (actor_user_id, actor_key_id, on_behalf_of, action, object_kind, object_id, organization_id,
                                   before_value, after_value)
            select :actor, cast(:key as text), cast(:onBehalfOf as text), e.action, e.kind, e.id, e.organization, e.before, e.after
            from jsonb_to_recordset(cast(cast(:entries as text) as jsonb))
                 as e (action text, kind text, id text, organization text, before jsonb, after jsonb)""";

    /** Entries that one statement takes. */
    private static final int CHUNK = 500;

    private final CurrentCaller current;
    private final ObjectMapper json;

    AuditTrail(CurrentCaller current, ObjectMapper json) {
        this.current = current;
        this.json = json;
    }

    /**
     * Appends an entry.
     *
     * @param organizationId whose admins may read it; null when it belongs to none
     * @param before         the object's wire view before the change, null for a creation; must hold no secret
     * @param after          the view after it, null for a deletion; must hold no secret
     */
    public Uni<Void> record(
            AuditAction action, ResourceRef object, String organizationId, Object before, Object after) {
        var caller = current.get();
        return Panache.getSession()
                .flatMap(session -> session.createNativeQuery(APPEND)
                        .setParameter("actor", caller.actor())
                        .setParameter("key", caller.keyId())
                        .setParameter("onBehalfOf", current.onBehalfOf())
                        .setParameter("action", action.wire)
                        .setParameter("kind", object.kind().label)
                        .setParameter("id", object.id())
                        .setParameter("organization", organizationId)
                        .setParameter("before", text(before))
                        .setParameter("after", text(after))
                        .executeUpdate())
                .replaceWithVoid();
    }

    /** What {@link #record(AuditAction, ResourceRef, String, Object, Object)} takes, for changes of many objects at once. */
    public record Entry(AuditAction action, ResourceRef object, String organizationId, Object before, Object after) {

        private Map<String, Object> row() {
            var row = new HashMap<String, Object>();
            row.put("action", action.wire);
            row.put("kind", object.kind().label);
            row.put("id", object.id());
            row.put("organization", organizationId);
            row.put("before", before);
            row.put("after", after);
            return row;
        }
    }

    /** Appends many entries, with one statement per {@value #CHUNK}. */
    public Uni<Void> recordAll(List<Entry> entries) {
        if (entries.isEmpty()) {
            return Uni.createFrom().voidItem();
        }
        var first = entries.subList(0, Math.min(CHUNK, entries.size()));
        return append(first).chain(() -> recordAll(entries.subList(first.size(), entries.size())));
    }

    private Uni<Void> append(List<Entry> entries) {
        var caller = current.get();
        return Panache.getSession()
                .flatMap(session -> session.createNativeQuery(APPEND_ALL)
                        .setParameter("actor", caller.actor())
                        .setParameter("key", caller.keyId())
                        .setParameter("onBehalfOf", current.onBehalfOf())
                        .setParameter(
                                "entries", text(entries.stream().map(Entry::row).toList()))
                        .executeUpdate())
                .replaceWithVoid();
    }

    private String text(Object view) {
        try {
            return view == null ? null : json.writeValueAsString(view);
        } catch (JsonProcessingException impossible) {
            throw new IllegalStateException(impossible);
        }
    }
}
