package io.tenantry.tenancy;

import io.smallrye.mutiny.Multi;
import io.smallrye.mutiny.Uni;
import java.util.Collection;
import java.util.List;
import java.util.Map;

/** What tenancy needs of keys: the views that {@code /team/info} and {@code /user/info} embed, and the key a new user may get. */
public interface KeyDirectory {

    /** Wire views of the team's keys that have not expired, newest first, {@code limit} at most. */
    Uni<List<Map<String, Object>>> ofTeam(String teamId, int limit);

    /** {@link #ofTeam} for many teams, by team id. Asks team by team; an adapter that can answer with one statement should. */
    default Uni<Map<String, List<Map<String, Object>>>> ofTeams(Collection<String> teamIds, int limitEach) {
        return Multi.createFrom()
                .iterable(teamIds)
                .onItem()
                .transformToUniAndConcatenate(
                        teamId -> ofTeam(teamId, limitEach).map(keys -> Map.entry(teamId, keys)))
                .collect()
                .asMap(Map.Entry::getKey, Map.Entry::getValue);
    }

    /** Wire views of the user's own keys, newest first, {@code limit} at most. */
    Uni<List<Map<String, Object>>> ofUser(String userId, int limit);

    /** A personal key for a user made in the same transaction: the secret, shown once. */
    Uni<String> issueFor(String userId, NewKeyTerms terms);

    /**
     * @param duration the key's lifespan; null for ever
     * @param administers whether its user will administer the service or a team: a confined caller makes no such key
     */
    record NewKeyTerms(
            String keyAlias,
            String duration,
            List<String> models,
            Map<String, String> aliases,
            FoldedMetadata metadata,
            boolean administers) {}
}
