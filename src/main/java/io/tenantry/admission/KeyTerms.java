package io.tenantry.admission;

import io.tenantry.admission.Estimate.Source;
import io.tenantry.core.NanoUsd;
import java.time.Instant;
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

    /** The model behind the name that the caller used. */
    public String resolve(String model) {
        return policy == null ? model : policy.resolve(model);
    }

    /** What an admission of this use would have been: the levels that count it, in the windows of its moment. */
    public AdmissionRecord use(
            AdmissionId id, String alias, long inputTokens, long outputTokens, String endUser, List<String> tags) {
        if (policy == null) {
            return new AdmissionRecord(id, owner, endUser, tags, alias, List.of(), List.of(), null);
        }
        var model = policy.resolve(alias);
        var used = new Estimate(inputTokens, outputTokens, NanoUsd.ZERO, Source.REQUEST, false);
        var all = Admission.tags(policy, tags);
        var ask = new Ask(model, alias, all, used, id.admittedAt(), () -> false);
        return new AdmissionRecord(id, owner, endUser, all, model, policy.charges(ask), policy.elsewhere(ask), null);
    }

    /** Names a use of this key at this moment. */
    public AdmissionId idOf(String requestId, Instant at) {
        var root = policy == null ? owner.root() : policy.root();
        return new AdmissionId(owner.keyId(), at, root, requestId);
    }
}
