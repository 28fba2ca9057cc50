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
            select cast(:actor as text), cast(:key as text), cast(:onBehalfOf as text), e.action, e.kind, e.id, e.organization,
                   e.before, e.after
            from jsonb_to_recordset(cast(cast(:entries as text) as jsonb))
                     as e(action text, kind text, id text, organization text, before jsonb, after jsonb)""";

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

    /** One entry of many. The parameters are those of {@link #record}. */
    public record Entry(AuditAction action, ResourceRef object, String organizationId, Object before, Object after) {}

    /** As {@link #record} for many, in one statement. */
    public Uni<Void> recordAll(List<Entry> entries) {
        if (entries.isEmpty()) {
            return Uni.createFrom().voidItem();
        }
        var caller = current.get();
        return Panache.getSession()
                .flatMap(session -> session.createNativeQuery(APPEND_ALL)
                        .setParameter("actor", caller.actor())
                        .setParameter("key", caller.keyId())
                        .setParameter("onBehalfOf", current.onBehalfOf())
                        .setParameter(
                                "entries",
                                text(entries.stream().map(AuditTrail::columns).toList()))
                        .executeUpdate())
                .replaceWithVoid();
    }

    private static Map<String, Object> columns(Entry entry) {
        var columns = new HashMap<String, Object>();
        columns.put("action", entry.action().wire);
        columns.put("kind", entry.object().kind().label);
        columns.put("id", entry.object().id());
        columns.put("organization", entry.organizationId());
        columns.put("before", entry.before());
        columns.put("after", entry.after());
        return columns;
    }

    private String text(Object view) {
        try {
            return view == null ? null : json.writeValueAsString(view);
        } catch (JsonProcessingException impossible) {
            throw new IllegalStateException(impossible);
        }
    }
}
