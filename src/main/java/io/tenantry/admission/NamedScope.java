package io.tenantry.admission;

import io.tenantry.access.ObjectAccess;
import io.tenantry.core.ResourceKind;
import io.tenantry.limits.engine.Charge;
import io.tenantry.platform.redis.TenantRoot;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * A scope that a request names, whatever its key's tenant: its end user, a tag; and the one that all requests share. It has a root of its own in
 * Redis, since several tenants may name it.
 *
 * @param name    as requests write it
 * @param root    where its limits live
 * @param checks  what it was built from: it is outdated as soon as one of them differs
 * @param region  the only region that its requests may go to; null for any
 * @param defaultModel what the proxy may fall back to for it; null for none
 * @param objects which objects its requests may use; null where nothing is said
 * @param readAtNanos {@link System#nanoTime()} of when reading it began
 */
record NamedScope(
        ResourceKind kind,
        String name,
        TenantRoot root,
        List<Check> checks,
        boolean blocked,
        String region,
        String defaultModel,
        ObjectAccess.Level objects,
        ScopeLimits limits,
        long readAtNanos) {

    NamedScope {
        checks = List.copyOf(checks);
    }

    /**
     * The version that an object had when it was read.
     *
     * @param root    the object: its version lives under a root of its own
     * @param version null when Redis knew none and there was no such object
     */
    record Check(TenantRoot root, Long version) {

        ResourceKind kind() {
            return root.kind();
        }

        String id() {
            return root.id();
        }
    }

    /** Whether something is not there that would change it: of that Redis knows a version for a day only, once it is there. */
    boolean lacksSomething() {
        return checks.stream().anyMatch(check -> check.version() == null);
    }

    boolean isYoungerThan(Duration age) {
        return System.nanoTime() - readAtNanos < age.toNanos();
    }

    /** Adds what a request is charged here, if anything. */
    void addPart(List<AdmissionRecord.Part> parts, Ask ask) {
        var charges = new ArrayList<Charge>();
        limits.addCharges(charges, ask);
        if (!charges.isEmpty()) {
            parts.add(new AdmissionRecord.Part(root, charges));
        }
    }
}
