package io.tenantry.tenancy;

import static java.util.stream.Collectors.groupingBy;
import static java.util.stream.Collectors.toMap;

import io.tenantry.core.Problem;
import io.tenantry.core.ProblemCode;
import io.tenantry.tenancy.Enrolment.Person;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** The users that were found, by both names. */
record KnownUsers(Map<String, User> byId, Map<String, List<User>> byEmail) {

    static KnownUsers of(List<User> users) {
        return new KnownUsers(
                users.stream().collect(toMap(user -> user.userId, user -> user)),
                users.stream()
                        .filter(user -> user.userEmail != null)
                        .collect(groupingBy(user -> user.userEmail.toLowerCase(Locale.ROOT))));
    }

    List<Person> missing(List<Person> persons) {
        return persons.stream().filter(person -> userOf(person) == null).toList();
    }

    User userOf(Person person) {
        var sharing = person.email() == null ? List.<User>of() : byEmail.getOrDefault(person.emailKey(), List.of());
        if (sharing.size() > 1) {
            throw Problem.of(ProblemCode.AMBIGUOUS_EMAIL)
                    .param("user_email")
                    .detail("Several users have the e-mail address '%s': name one by user_id", person.email());
        }
        var byAddress = sharing.isEmpty() ? null : sharing.get(0);
        if (person.userId() == null) {
            return byAddress;
        }
        var user = byId.get(person.userId());
        var ofAnother = byAddress != null && byAddress != user;
        var hasAnother = person.email() != null
                && user != null
                && user.userEmail != null
                && !user.userEmail.equalsIgnoreCase(person.email());
        if (ofAnother || hasAnother) {
            throw Enrolment.mismatch(person);
        }
        return user;
    }
}
