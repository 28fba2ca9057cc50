package io.tenantry.tenancy;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.quarkus.hibernate.reactive.panache.Panache;
import io.smallrye.mutiny.Multi;
import io.smallrye.mutiny.Uni;
import io.tenantry.audit.AuditAction;
import io.tenantry.audit.AuditTrail;
import io.tenantry.core.Ids;
import io.tenantry.core.NanoUsd;
import io.tenantry.core.Problem;
import io.tenantry.core.ProblemCode;
import io.tenantry.identity.Scope;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;

/**
 * Finds the users that a request names by id or e-mail address, and makes those that do not exist yet. Two requests that name the same new
 * user at once get the same one.
 */
@ApplicationScoped
class Enrolment {

    /** How a request names a user: at least one of the two. */
    record Person(String userId, String email) {

        Person {
            userId = userId == null || userId.isBlank() ? null : userId;
            email = email == null || email.isBlank() ? null : email.trim();
        }

        /** As the unique index compares addresses. */
        String emailKey() {
            return email == null ? null : email.toLowerCase(Locale.ROOT);
        }
    }

    /** Who may be made on the way. */
    enum Newcomers {
        BY_ID_OR_EMAIL,
        /** An id that nobody has is refused: a caller without a view of all users could only be guessing. */
        BY_EMAIL
    }

    private static final String NAMED = """
            select * from app_user
            where user_id = any(:ids) or lower(user_email) = any(:emails)""";

    private static final String MAKE_MISSING = """
            insert into app_user (user_id, user_email, user_role, models, max_budget_nano, budget_duration, created_by, updated_by)
            select u.user_id, u.user_email, 'internal_user', cast(:models as text[]), cast(:cap as bigint), cast(:period as text), :actor, :actor
            from jsonb_to_recordset(cast(cast(:users as text) as jsonb)) as u (user_id text, user_email text)
            order by u.user_id
            on conflict do nothing
            returning user_id""";

    private static final String ADOPT =
            "update app_user set user_email = :email, updated_by = :actor where user_id = :id and user_email is null";

    private final AuditTrail audit;
    private final UserDefaults defaults;
    private final ObjectMapper json;

    Enrolment(AuditTrail audit, UserDefaults defaults, ObjectMapper json) {
        this.audit = audit;
        this.defaults = defaults;
        this.json = json;
    }

    /** The users of these persons. Fails with INVALID_VALUE when id and address are of different users, AMBIGUOUS_EMAIL when several share it. */
    Uni<Map<Person, User>> enrol(Scope scope, List<Person> persons, Newcomers newcomers, String organizationIdOfAudit) {
        persons.forEach(Enrolment::requireNamed);
        return find(persons)
                .invoke(known -> requireExpected(known, persons, newcomers))
                .flatMap(known -> known.missing(persons).isEmpty()
                        ? Uni.createFrom().item(known)
                        : make(scope, known.missing(persons), organizationIdOfAudit)
                                .chain(() -> find(persons)))
                .map(known -> resolved(known, persons))
                .call(users -> adoptEmails(scope, users, organizationIdOfAudit));
    }

    /** What is wrong with each of these persons, for callers that leave those out; nothing is made. */
    Uni<Map<Person, Problem>> examine(Scope scope, List<Person> persons, Newcomers newcomers) {
        return find(persons).map(known -> {
            var wrong = new LinkedHashMap<Person, Problem>();
            for (var person : persons) {
                try {
                    requireNamed(person);
                    requireExpected(known, List.of(person), newcomers);
                    requireMayAdopt(scope, person, known.userOf(person));
                } catch (Problem problem) {
                    wrong.put(person, problem);
                }
            }
            return wrong;
        });
    }

    // An address decides who may log in as this user, so a tenant's admin may not give one to somebody else's user.
    private static void requireMayAdopt(Scope scope, Person person, User user) {
        if (user != null
                && user.userEmail == null
                && person.email() != null
                && !scope.boundary().everything()) {
            throw mismatch(person);
        }
    }

    private static void requireNamed(Person person) {
        if (person.userId() == null && person.email() == null) {
            throw Problem.of(ProblemCode.VALIDATION)
                    .param("member")
                    .detail("Each member needs a user_id or a user_email");
        }
    }

    private static Uni<KnownUsers> find(List<Person> persons) {
        var ids = persons.stream().map(Person::userId).filter(Objects::nonNull).toArray(String[]::new);
        var emails =
                persons.stream().map(Person::emailKey).filter(Objects::nonNull).toArray(String[]::new);
        return Panache.getSession()
                .flatMap(session -> session.createNativeQuery(NAMED, User.class)
                        .setParameter("ids", ids)
                        .setParameter("emails", emails)
                        .getResultList())
                .map(KnownUsers::of);
    }

    private static void requireExpected(KnownUsers known, List<Person> persons, Newcomers newcomers) {
        for (var person : known.missing(persons)) {
            if (person.userId() != null && newcomers == Newcomers.BY_EMAIL) {
                throw Problem.of(ProblemCode.FORBIDDEN)
                        .param("user_id")
                        .detail(
                                "Not allowed: user '%s' does not exist, and only a proxy admin may create one by id; add by user_email instead",
                                person.userId());
            }
            if (person.userId() != null && !Ids.valid(person.userId())) {
                throw Problem.of(ProblemCode.INVALID_VALUE).param("user_id").detail("user_id %s", Ids.RULE);
            }
        }
    }

    private Uni<Void> make(Scope scope, List<Person> missing, String organizationId) {
        var given = defaults.ofNewcomers();
        return Panache.getSession()
                .flatMap(session -> session.createNativeQuery(MAKE_MISSING, String.class)
                        .setParameter("actor", scope.caller().actor())
                        .setParameter("users", rows(missing))
                        .setParameter("models", given.modelNames())
                        .setParameter("cap", given.maxBudgetNano())
                        .setParameter("period", given.budgetDuration())
                        .getResultList())
                .flatMap(made -> recordMade(new HashSet<>(made), organizationId));
    }

    private Uni<Void> recordMade(Set<String> made, String organizationId) {
        if (made.isEmpty()) {
            return Uni.createFrom().voidItem();
        }
        return User.<User>list("userId in ?1", made)
                .flatMap(users -> audit.recordAll(users.stream()
                        .map(user -> new AuditTrail.Entry(
                                AuditAction.CREATED,
                                user.ref(),
                                organizationId,
                                null,
                                UserView.of(user, List.of(), NanoUsd.ZERO)))
                        .toList()));
    }

    private String rows(List<Person> missing) {
        var byName = new LinkedHashMap<String, Map<String, String>>();
        for (var person : missing) {
            var row = new HashMap<String, String>();
            row.put("user_id", person.userId() == null ? Ids.random() : person.userId());
            row.put("user_email", person.email());
            byName.putIfAbsent(person.userId() == null ? "email " + person.emailKey() : "id " + person.userId(), row);
        }
        try {
            return json.writeValueAsString(byName.values());
        } catch (JsonProcessingException impossible) {
            throw new IllegalStateException(impossible);
        }
    }

    private static Map<Person, User> resolved(KnownUsers known, List<Person> persons) {
        var users = new LinkedHashMap<Person, User>();
        for (var person : persons) {
            var user = known.userOf(person);
            if (user == null) {
                // somebody made and removed the user between our two looks
                throw Problem.of(ProblemCode.CONFLICT);
            }
            users.put(person, user);
        }
        return users;
    }

    /** A user without an address takes the one that the request names. */
    private Uni<?> adoptEmails(Scope scope, Map<Person, User> users, String organizationId) {
        return Multi.createFrom()
                .iterable(users.entrySet())
                .filter(named -> named.getKey().email() != null && named.getValue().userEmail == null)
                .onItem()
                .transformToUniAndConcatenate(
                        named -> adoptEmail(scope, named.getValue(), named.getKey(), organizationId))
                .collect()
                .asList();
    }

    private Uni<Void> adoptEmail(Scope scope, User user, Person person, String organizationId) {
        requireMayAdopt(scope, person, user);
        var before = UserView.of(user, List.of(), NanoUsd.ZERO);
        // the row is not locked, so only what changes is written, and all of it is read again
        return Panache.getSession()
                .flatMap(session -> session.createNativeQuery(ADOPT)
                        .setParameter("email", person.email())
                        .setParameter("actor", scope.caller().actor())
                        .setParameter("id", user.userId)
                        .executeUpdate()
                        .invoke(adopted -> requireAdopted(adopted, person))
                        .chain(() -> session.refresh(user)))
                .chain(() -> audit.record(
                        AuditAction.UPDATED,
                        user.ref(),
                        organizationId,
                        before,
                        UserView.of(user, List.of(), NanoUsd.ZERO)));
    }

    private static void requireAdopted(int adopted, Person person) {
        if (adopted == 0) {
            throw mismatch(person);
        }
    }

    static Problem mismatch(Person person) {
        return Problem.of(ProblemCode.INVALID_VALUE)
                .param("member")
                .detail("user_id '%s' and user_email '%s' are not of the same user", person.userId(), person.email());
    }
}
