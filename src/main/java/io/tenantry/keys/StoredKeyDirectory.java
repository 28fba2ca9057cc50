package io.tenantry.keys;

import io.smallrye.mutiny.Uni;
import io.tenantry.core.Problem;
import io.tenantry.core.ProblemCode;
import io.tenantry.tenancy.KeyDirectory;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.List;
import java.util.Map;

/** Stands in until keys can be issued: shows none and refuses to make one. */
@ApplicationScoped
class StoredKeyDirectory implements KeyDirectory {

    @Override
    public Uni<List<Map<String, Object>>> ofTeam(String teamId, int limit) {
        return Uni.createFrom().item(List.of());
    }

    @Override
    public Uni<List<Map<String, Object>>> ofUser(String userId, int limit) {
        return Uni.createFrom().item(List.of());
    }

    @Override
    public Uni<String> issueFor(String userId, NewKeyTerms terms) {
        return Uni.createFrom().failure(() -> Problem.of(ProblemCode.NOT_ENFORCED)
                .param("auto_create_key")
                .detail("auto_create_key is not supported yet: send false"));
    }
}
