package io.tenantry.tenancy;

import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** The names that are taken, by users that are there and, one after the other, by the new ones of a chunk. */
final class TakenNames {

    private final Map<String, Set<String>> byField = new HashMap<>();

    TakenNames(List<User> there) {
        there.forEach(this::take);
    }

    /** Takes the user's names. Fails with ALREADY_EXISTS naming the first that is taken, and takes none then. */
    void claim(User user) {
        require("user_id", user.userId, user.userId);
        require("sso_user_id", user.ssoUserId, user.ssoUserId);
        require("user_email", emailKey(user), user.userEmail);
        take(user);
    }

    private void take(User user) {
        of("user_id").add(user.userId);
        of("sso_user_id").add(user.ssoUserId);
        of("user_email").add(emailKey(user));
    }

    private void require(String field, String key, String value) {
        if (key != null && of(field).contains(key)) {
            throw UserNames.taken(field, value);
        }
    }

    private Set<String> of(String field) {
        return byField.computeIfAbsent(field, name -> new HashSet<>());
    }

    private static String emailKey(User user) {
        return user.userEmail == null ? null : UpdateUserRequest.emailKey(user.userEmail);
    }
}
