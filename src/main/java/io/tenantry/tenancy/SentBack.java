package io.tenantry.tenancy;

import static java.util.stream.Collectors.groupingBy;
import static java.util.stream.Collectors.mapping;
import static java.util.stream.Collectors.toSet;

import io.smallrye.mutiny.Uni;
import io.tenantry.core.NanoUsd;
import io.tenantry.core.ResourceKind;
import java.math.BigDecimal;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * What clients send back as they have read it, though it is changed by other calls: the teams and the spend of a user. The value that there is asks
 * for nothing; any other is left in the request, and refused.
 */
final class SentBack {

    private static final String TEAMS = "teams";
    private static final String SPEND = "spend";

    private final Map<String, Set<String>> teams;
    private final Map<String, NanoUsd> spend;

    private SentBack(Map<String, Set<String>> teams, Map<String, NanoUsd> spend) {
        this.teams = teams;
        this.spend = spend;
    }

    /** Reads what the requests might repeat of these users: two statements, and none where they do not name it. */
    static Uni<SentBack> of(List<UpdateUserRequest> asked, List<User> users, SpendLookup spend) {
        return teams(names(asked, TEAMS), users)
                .flatMap(teams -> spend(names(asked, SPEND), users, spend).map(spent -> new SentBack(teams, spent)));
    }

    private static boolean names(List<UpdateUserRequest> asked, String field) {
        return asked.stream()
                .anyMatch(
                        request -> request.others() != null && request.others().get(field) != null);
    }

    private static Uni<Map<String, Set<String>>> teams(boolean named, List<User> users) {
        return !named || users.isEmpty()
                ? Uni.createFrom().item(Map.of())
                : TeamMembership.<TeamMembership>list(
                                "userId in ?1",
                                users.stream().map(user -> user.userId).toList())
                        .map(rows -> rows.stream()
                                .collect(groupingBy(row -> row.userId, mapping(row -> row.teamId, toSet()))));
    }

    private static Uni<Map<String, NanoUsd>> spend(boolean named, List<User> users, SpendLookup spend) {
        return !named
                ? Uni.createFrom().item(Map.of())
                : spend.current(
                        ResourceKind.USER,
                        users.stream()
                                .map(user -> SpendLookup.Scope.of(user.userId, user.limitsOrNone()))
                                .toList());
    }

    /** Takes out of the request what is as it was. */
    void takeOutOf(UpdateUserRequest request, User user) {
        var others = request.others();
        if (others == null) {
            return;
        }
        if (others.get(TEAMS) instanceof Collection<?> named
                && new HashSet<Object>(named).equals(teams.getOrDefault(user.userId, Set.of()))) {
            others.remove(TEAMS);
        }
        if (others.get(SPEND) instanceof Number number
                && new BigDecimal(number.toString())
                                .compareTo(spend.getOrDefault(user.userId, NanoUsd.ZERO)
                                        .toUsd())
                        == 0) {
            others.remove(SPEND);
        }
    }
}
