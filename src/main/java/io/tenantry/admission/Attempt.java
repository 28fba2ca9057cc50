package io.tenantry.admission;

import io.tenantry.core.Problem;
import io.tenantry.core.ProblemCode;
import java.util.List;
import java.util.stream.Stream;

/**
 * One try to decide a request: by this policy, and for this end user and these tags. When the policy turns out to be outdated, there is another.
 *
 * @param named  the end user and the tags, as far as they have limits
 * @param number of tries, this one included
 */
record Attempt(Policy policy, List<NamedScope> named, AdmissionRequest request, int number) {

    /** How often a policy may change under a request before we give up. */
    static final int MOST = 5;

    static Problem changedTooOften() {
        return Problem.of(ProblemCode.OVERLOADED).internally("the policy changed %d times", MOST);
    }

    /** The model to call: aliases are resolved. */
    String model() {
        return policy.resolve(request.model());
    }

    List<String> tags() {
        return tags(policy, request.tags());
    }

    /** What the request says, after what its key, team and organization say. */
    static List<String> tags(Policy policy, List<String> requested) {
        var inherited = policy.attachments().tags();
        if (requested.isEmpty()) {
            return inherited;
        }
        return Stream.concat(inherited.stream(), requested.stream()).distinct().toList();
    }

    Policy.Attachments attachments() {
        return policy.attachments().with(named);
    }

    CostMatters costMatters() {
        var matters = policy.costMatters(model(), request.model());
        for (var scope : named) {
            matters = matters.or(scope.limits().costMatters(model(), request.model()));
        }
        return matters;
    }
}
