package io.tenantry.admission;

import io.smallrye.mutiny.Uni;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.List;
import java.util.Optional;

/** What an admission was that nobody remembers: as its id says, for whom its key was then. What it held nobody can say. */
@ApplicationScoped
public class ForgottenAdmissions {

    private final KeyTermsReader keys;
    private final NamedScopes scopes;

    ForgottenAdmissions(KeyTermsReader keys, NamedScopes scopes) {
        this.keys = keys;
        this.scopes = scopes;
    }

    /**
     * Empty when its key never existed.
     *
     * @param answering the model that answered, for where the id does not say which was asked; null when that is not known either
     */
    public Uni<Optional<AdmissionRecord>> find(AdmissionId id, String answering) {
        return keys.whenAdmitted(id).flatMap(found -> found.map(
                        terms -> record(id, answering, terms).map(Optional::of))
                .orElseGet(() -> Uni.createFrom().item(Optional.empty())));
    }

    private Uni<AdmissionRecord> record(AdmissionId id, String answering, KeyTerms terms) {
        var subject = id.subject();
        var model = Optional.ofNullable(subject.model())
                .or(() -> Optional.ofNullable(answering))
                .orElse("unknown");
        var endUsers = Optional.ofNullable(subject.endUser()).map(List::of).orElse(List.of());
        return scopes.ofAll(endUsers, terms.tags(subject.tags()))
                .map(named -> terms.use(id, model, 0, 0, subject.endUser(), subject.tags(), named));
    }
}
