package io.tenantry.admission;

import io.smallrye.mutiny.Uni;
import java.util.List;
import java.util.Set;

/** Which admissions have been settled, whoever settled them. */
public interface SettledAdmissions {

    /** Those of the given ones, a few hundred at most, that the ledger has booked. Fails when the database does not answer. */
    Uni<Set<AdmissionId>> among(List<AdmissionId> admissions);
}
