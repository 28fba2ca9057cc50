package io.tenantry.admission;

import io.tenantry.limits.engine.Charge;
import io.tenantry.platform.redis.TenantRoot;
import io.vertx.core.buffer.Buffer;
import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;

/**
 * What an admission was: kept with its reservation, so that any instance can settle it as it was decided, whatever changed since.
 *
 * @param charges   taken under the tenant root
 * @param elsewhere taken under other roots, before the tenant's
 * @param estimate  what the charges were made of; null for a use that nobody admitted
 */
public record AdmissionRecord(
        AdmissionId id,
        KeyOwner owner,
        String endUser,
        List<String> tags,
        String model,
        List<Charge> charges,
        List<Part> elsewhere,
        Estimate estimate) {

    /** What was taken under a root of its own: the user's own limits, the end user's, a tag's. */
    public record Part(TenantRoot root, List<Charge> charges) {

        public Part {
            charges = List.copyOf(charges);
        }
    }

    public AdmissionRecord {
        tags = List.copyOf(tags);
        charges = List.copyOf(charges);
        elsewhere = List.copyOf(elsewhere);
    }

    /** The same admission with other charges under the tenant's root. */
    AdmissionRecord charging(List<Charge> others) {
        return new AdmissionRecord(id, owner, endUser, tags, model, others, elsewhere, estimate);
    }

    /** The same admission with other charges under other roots. */
    AdmissionRecord chargingElsewhere(UnaryOperator<Part> change) {
        var parts = elsewhere.stream().map(change).toList();
        return new AdmissionRecord(id, owner, endUser, tags, model, charges, parts, estimate);
    }

    /** The same request in other words: under another id, and with other charges. */
    AdmissionRecord as(AdmissionId otherId, UnaryOperator<List<Charge>> change) {
        var parts = elsewhere.stream()
                .map(part -> new Part(part.root(), change.apply(part.charges())))
                .filter(part -> !part.charges().isEmpty())
                .toList();
        return new AdmissionRecord(otherId, owner, endUser, tags, model, change.apply(charges), parts, estimate);
    }

    /** All charges, the tenant's first. */
    public List<Charge> allCharges() {
        if (elsewhere.isEmpty()) {
            return charges;
        }
        var all = new ArrayList<>(charges);
        elsewhere.forEach(part -> all.addAll(part.charges()));
        return all;
    }

    /** All parts, the tenant's last: the order in which they are taken. */
    public List<Part> parts() {
        var parts = new ArrayList<>(elsewhere);
        parts.add(new Part(id.root(), charges));
        return parts;
    }

    /** As it is kept with the reservation, see {@link AdmissionRecordCodec}. */
    public Buffer payload() {
        return AdmissionRecordCodec.write(this);
    }

    /** As parts of it are kept that live under other roots than the tenant's: the beginning of {@link #payload}, which says when it was. */
    Buffer stamp() {
        return AdmissionRecordCodec.stamp(id.admittedAt());
    }

    /** Whether this is only a {@link #stamp}. */
    static boolean isStamp(Buffer payload) {
        return payload.length() <= AdmissionRecordCodec.STAMP_BYTES;
    }

    /** The opposite of {@link #payload}; fails where that is none of ours. */
    public static AdmissionRecord ofPayload(Buffer payload) {
        return AdmissionRecordCodec.read(payload);
    }
}
