package io.tenantry.tenancy;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import io.quarkus.hibernate.reactive.panache.Panache;
import io.quarkus.runtime.annotations.RegisterForReflection;
import io.smallrye.mutiny.Uni;
import io.tenantry.core.Problem;
import io.tenantry.core.ProblemCode;
import io.tenantry.tenancy.Enrolment.Person;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.persistence.LockModeType;
import java.util.Collection;
import java.util.List;

/** Who belongs to an organization. */
@ApplicationScoped
class OrganizationRoster {

    private static final String ADD = """
            insert into organization_membership (organization_id, user_id, user_role, budget_id)
            select m.organization_id, m.user_id, m.user_role, m.budget_id
            from jsonb_to_recordset(cast(cast(:rows as text) as jsonb))
                 as m (organization_id text, user_id text, user_role text, budget_id text)
            order by m.organization_id, m.user_id
            on conflict do nothing
            returning user_id""";

    private static final String MEMBERS = """
            select m, u from OrganizationMembership m join User u on u.userId = m.userId
            where m.organizationId = :organization and m.userId in :users order by m.createdAt, m.userId""";

    private static final String BY_EMAIL = """
            select u from OrganizationMembership m join User u on u.userId = m.userId
            where m.organizationId = :organization and lower(u.userEmail) = :email""";

    private final ObjectMapper json;

    OrganizationRoster(ObjectMapper json) {
        this.json = json;
    }

    /** @param budgetId the member's own; null for none */
    @RegisterForReflection
    @JsonNaming(PropertyNamingStrategies.SnakeCaseStrategy.class)
    record Entry(String organizationId, String userId, String userRole, String budgetId) {}

    /** Adds all of them or, when one is there already, fails with ALREADY_EXISTS naming the user. */
    Uni<Void> add(List<Entry> entries) {
        if (entries.isEmpty()) {
            return Uni.createFrom().voidItem();
        }
        return Panache.getSession()
                .flatMap(session -> session.createNativeQuery(ADD, String.class)
                        .setParameter("rows", rows(entries))
                        .getResultList())
                .invoke(added -> requireAll(added, entries))
                .replaceWithVoid();
    }

    /** These members with their users. */
    Uni<List<OrganizationMember>> members(String organizationId, Collection<String> userIds) {
        return Panache.getSession()
                .flatMap(session -> session.createSelectionQuery(MEMBERS, Object[].class)
                        .setParameter("organization", organizationId)
                        .setParameter("users", userIds)
                        .getResultList())
                .map(rows -> rows.stream()
                        .map(row -> new OrganizationMember((OrganizationMembership) row[0], (User) row[1]))
                        .toList());
    }

    /** The member with its user, the membership locked; fails with NOT_FOUND naming the member as it was named. */
    Uni<OrganizationMember> lock(String organizationId, Person person) {
        return userOf(organizationId, person)
                .flatMap(user -> user == null
                        ? Uni.createFrom().<OrganizationMember>nullItem()
                        : OrganizationMembership.<OrganizationMembership>findById(
                                        new OrganizationMembership.Pair(organizationId, user.userId),
                                        LockModeType.PESSIMISTIC_WRITE)
                                .map(membership ->
                                        membership == null ? null : new OrganizationMember(membership, user)))
                .onItem()
                .ifNull()
                .failWith(() -> noMember(organizationId, person));
    }

    /** An address is looked for among the members only. */
    private static Uni<User> userOf(String organizationId, Person person) {
        return person.userId() != null
                ? User.findById(person.userId())
                : Panache.getSession().flatMap(session -> session.createSelectionQuery(BY_EMAIL, User.class)
                        .setParameter("organization", organizationId)
                        .setParameter("email", person.emailKey())
                        .getSingleResultOrNull());
    }

    /** By a statement: Hibernate Reactive mixes sessions up that delete entities at the same time. */
    Uni<Void> remove(OrganizationMembership membership) {
        return OrganizationMembership.delete(
                        "organizationId = ?1 and userId = ?2", membership.organizationId, membership.userId)
                .replaceWithVoid();
    }

    private static Problem noMember(String organizationId, Person person) {
        return Problem.of(ProblemCode.NOT_FOUND)
                .param(person.userId() == null ? "user_email" : "user_id")
                .detail(
                        "User '%s' is not a member of organization '%s' (not found)",
                        person.userId() == null ? person.email() : person.userId(), organizationId);
    }

    private static void requireAll(List<String> added, List<Entry> entries) {
        entries.stream()
                .filter(entry -> !added.contains(entry.userId()))
                .findFirst()
                .ifPresent(entry -> {
                    throw Problem.of(ProblemCode.ALREADY_EXISTS)
                            .param("member")
                            .detail(
                                    "User '%s' is already a member of organization '%s'",
                                    entry.userId(), entry.organizationId());
                });
    }

    private String rows(List<Entry> entries) {
        try {
            return json.writeValueAsString(entries);
        } catch (JsonProcessingException impossible) {
            throw new IllegalStateException(impossible);
        }
    }
}
