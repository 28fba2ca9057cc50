package io.tenantry.audit;

/** What was done to an object. */
public enum AuditAction {
    CREATED("created"),
    UPDATED("updated"),
    DELETED("deleted"),
    BLOCKED("blocked"),
    UNBLOCKED("unblocked"),
    ROTATED("rotated");

    public final String wire;

    AuditAction(String wire) {
        this.wire = wire;
    }
}
