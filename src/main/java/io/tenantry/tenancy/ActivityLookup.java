package io.tenantry.tenancy;

import io.smallrye.mutiny.Uni;
import io.tenantry.core.NanoUsd;
import java.time.LocalDate;
import java.util.List;
import java.util.Map;

/** What was used, day by day. Implemented by the ledger. */
public interface ActivityLookup {

    /** Whose days they are: what one answer is broken down by. */
    enum Of {
        ORGANIZATION,
        TEAM,
        USER,
        CUSTOMER,
        /** A request with two tags counts for each of them. */
        TAG
    }

    /**
     * Whose use the caller may see.
     *
     * @param everything    all of it
     * @param organizations all use in these
     * @param teams         all use in these
     * @param ownTeams      in these only what was used with a key of the caller
     * @param userId        the caller, null for a key that belongs to nobody
     * @param keyId         the calling key, which stands for the caller then
     */
    record Reach(
            boolean everything,
            List<String> organizations,
            List<String> teams,
            List<String> ownTeams,
            String userId,
            String keyId) {}

    /**
     * What is asked.
     *
     * @param ids      only these organizations, teams, users, customers or tags; empty for all
     * @param excluded without these
     * @param model    null for all
     * @param key      the token or public id of a key; null for all
     */
    record Question(
            Of of,
            Reach reach,
            List<String> ids,
            List<String> excluded,
            LocalDate first,
            LocalDate last,
            String model,
            String key,
            int page,
            int size) {}

    /** What one key used of one model on one day, for one entity. */
    record Use(
            LocalDate day,
            String entityId,
            String keyId,
            String model,
            String provider,
            long requests,
            long failedRequests,
            long inputTokens,
            long outputTokens,
            NanoUsd spend) {}

    /** A key as reports name it. A deleted one keeps its names. */
    record KeyName(String token, String alias, String teamId) {}

    /**
     * A page, newest day first.
     *
     * @param total   the number of uses on all pages
     * @param keys    the keys of the page by public id
     * @param aliases the entities' names by id
     */
    record Page(List<Use> uses, long total, Map<String, KeyName> keys, Map<String, String> aliases) {}

    Uni<Page> page(Question question);
}
