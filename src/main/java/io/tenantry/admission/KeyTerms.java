package io.tenantry.admission;

import io.tenantry.admission.Estimate.Source;
import io.tenantry.core.NanoUsd;
import io.tenantry.limits.engine.Charge;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;

/** Whose a key is and under which limits it stands, for uses that nobody admitted. A deleted key has an owner and no limits of its own any more. */
public final class KeyTerms {

    private final KeyOwner owner;
    private final Policy policy;

    KeyTerms(KeyOwner owner, Policy policy) {
        this.owner = owner;
        this.policy = policy;
    }

    public KeyOwner owner() {
        return owner;
    }

    boolean isOfDeleted() {
        return policy == null;
    }

    /** The model behind the name that the caller used. */
    public String resolve(String model) {
        return policy == null ? model : policy.resolve(model);
    }

    /** The tags of a use: those that it names, and the key's own. */
    public List<String> tags(List<String> named) {
        return policy == null ? named : Attempt.tags(policy, named);
    }

    /**
     * What an admission of this use would have been: the levels that count it, in the windows of its moment.
     *
     * @param named at least the scopes that this use names
     */
    public AdmissionRecord use(
            AdmissionId id,
            String alias,
            long inputTokens,
            long outputTokens,
            String endUser,
            List<String> tags,
            NamedScopes.Named named) {
        var model = resolve(alias);
        var used = new Estimate(inputTokens, outputTokens, NanoUsd.ZERO, Source.REQUEST, false);
        var all = tags(tags);
        var ask = new Ask(model, alias, all, used, id.admittedAt(), () -> false);
        List<Charge> charges = policy == null ? List.of() : policy.charges(ask);
        var elsewhere = policy == null ? new ArrayList<AdmissionRecord.Part>() : policy.elsewhere(ask);
        named.of(endUser, all).forEach(scope -> scope.addPart(elsewhere, ask));
        return new AdmissionRecord(id, owner, endUser, all, model, charges, elsewhere, null);
    }

    /** Names a use of this key at this moment. */
    public AdmissionId idOf(String requestId, Instant at) {
        var root = policy == null ? owner.root() : policy.root();
        return new AdmissionId(owner.keyId(), at, root, requestId);
    }
}
