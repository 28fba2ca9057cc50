package io.tenantry.admission;

import io.tenantry.access.ModelAccess;
import io.tenantry.access.ObjectAccess;
import io.tenantry.core.ResourceKind;
import io.tenantry.limits.engine.Charge;
import io.tenantry.limits.engine.LimitRef;
import io.tenantry.limits.engine.ObjectVersion;
import io.tenantry.limits.engine.Standing;
import io.tenantry.platform.redis.TenantRoot;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;

/**
 * Everything that a decision needs to know about one key, as of one moment. Loaded by one statement, replaced as a whole, so no request
 * sees half of a change. The versions say what it was built from; every decision compares them.
 *
 * @param blockedAt     the first level on the way up that is blocked; null when none is
 * @param modelCalls    whether the key's allowed routes cover model calls
 * @param requests      what each request must keep to
 * @param limits        most specific level first
 * @param userLimits    the user's own limits where they live under another root than the tenant's; null otherwise
 * @param moves         where limits lived before
 * @param aliases       names the key or its team gives to models
 * @param loadedAtNanos {@link System#nanoTime()} of when loading it began
 */
record Policy(
        KeyOwner owner,
        TenantRoot root,
        List<ObjectVersion> versions,
        ResourceKind blockedAt,
        Instant expiresAt,
        boolean modelCalls,
        ModelAccess models,
        RequestRules requests,
        Map<String, String> aliases,
        List<ScopeLimits> limits,
        Elsewhere userLimits,
        Moves moves,
        Attachments attachments,
        long loadedAtNanos) {

    Policy {
        versions = List.copyOf(versions);
        aliases = Map.copyOf(aliases);
        limits = List.copyOf(limits);
    }

    /** Handed to the proxy with an admission. */
    record Attachments(
            Map<String, Object> metadata,
            List<String> guardrails,
            List<String> tags,
            ObjectAccess objects,
            String defaultModel) {

        /** With what the request's end user adds, and takes away. */
        Attachments with(List<NamedScope> named) {
            if (named.isEmpty()) {
                return this;
            }
            var fallback = named.stream()
                    .map(NamedScope::defaultModel)
                    .filter(Objects::nonNull)
                    .findFirst()
                    .orElse(defaultModel);
            var more = named.stream()
                    .map(NamedScope::objects)
                    .filter(Objects::nonNull)
                    .toList();
            return new Attachments(metadata, guardrails, tags, objects.with(more), fallback);
        }

        /** What is left of all object permissions; null where there is none. */
        Map<String, Object> objectPermission() {
            return objects.combined();
        }
    }

    /** A level whose limits live under another root, and so cost a call of their own. */
    record Elsewhere(TenantRoot root, ScopeLimits limits) {

        AdmissionRecord.Part part(Ask ask) {
            var charges = new ArrayList<Charge>(3);
            limits.addCharges(charges, ask);
            return new AdmissionRecord.Part(root, charges);
        }
    }

    String resolve(String model) {
        return aliases.getOrDefault(model, model);
    }

    boolean expired(Instant now) {
        return expiresAt != null && !expiresAt.isAfter(now);
    }

    /** Whether a cap of the tenant or the user makes the cost of a request matter. */
    CostMatters costMatters(String model, String alias) {
        var matters = CostMatters.NOT;
        for (var level : limits) {
            matters = matters.or(level.costMatters(model, alias));
        }
        return userLimits == null ? matters : matters.or(userLimits.limits().costMatters(model, alias));
    }

    /** What a request is charged, most specific limit first. */
    List<Charge> charges(Ask ask) {
        var charges = new ArrayList<Charge>(2 * limits.size() + 2);
        for (var level : limits) {
            if (moves.areNone()) {
                level.addCharges(charges, ask);
            } else {
                moves.addCharges(charges, level, ask);
            }
        }
        return charges;
    }

    /** What it is charged under other roots; to be added to. */
    List<AdmissionRecord.Part> elsewhere(Ask ask) {
        var parts = new ArrayList<AdmissionRecord.Part>();
        if (userLimits != null) {
            parts.add(userLimits.part(ask));
        }
        if (!moves.areNone()) {
            moves.addParts(parts, limits, ask);
        }
        return parts;
    }

    /** The same admission, where the key's own budget is in the way and the key is throttled then rather than refused. */
    Optional<AdmissionRecord> throttled(AdmissionRecord record, List<Standing> refusing) {
        return limits.isEmpty() || !limits.get(0).isSpentBy(refusing) ? Optional.empty() : throttled(record);
    }

    /** The same admission as if the key's budget were spent; empty where the key is not throttled but refused. */
    Optional<AdmissionRecord> throttled(AdmissionRecord record) {
        return limits.isEmpty() || !limits.get(0).throttles()
                ? Optional.empty()
                : Optional.of(throttled(record, limits.get(0)));
    }

    private AdmissionRecord throttled(AdmissionRecord record, ScopeLimits key) {
        var throttled = record.charging(key.throttled(record.charges(), record.estimate()));
        return moves.areNone() ? throttled : throttled.chargingElsewhere(part -> throttled(part, key, record));
    }

    private static AdmissionRecord.Part throttled(AdmissionRecord.Part part, ScopeLimits key, AdmissionRecord record) {
        return part.charges().stream().anyMatch(charge -> key.isOf(charge.limit()))
                ? new AdmissionRecord.Part(part.root(), key.throttled(part.charges(), record.estimate()))
                : part;
    }

    /** One level on the way up from the key. */
    record Level(ResourceKind scope, String id) {}

    /** Every level that has a say about a request, most specific first, whether or not it has limits. */
    List<Level> path(List<NamedScope> named) {
        var path = new ArrayList<Level>();
        for (var scope : LimitedScope.values()) {
            var id = scope.idFor(owner);
            if (id != null) {
                path.add(new Level(scope.kind, id));
            }
        }
        named.forEach(scope -> path.add(new Level(scope.kind(), scope.name())));
        return path;
    }

    /** The level that a limit belongs to; empty where nothing of it is known. */
    Optional<ScopeLimits> levelOf(LimitRef limit, List<NamedScope> named) {
        var levels = new ArrayList<>(limits);
        if (userLimits != null) {
            levels.add(userLimits.limits());
        }
        named.forEach(scope -> levels.add(scope.limits()));
        return levels.stream().filter(level -> level.isOf(limit)).findFirst();
    }
}
