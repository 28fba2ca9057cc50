package io.tenantry.tenancy;

import static java.util.stream.Collectors.toMap;

import io.smallrye.mutiny.Uni;
import io.tenantry.audit.AuditAction;
import io.tenantry.audit.AuditTrail;
import io.tenantry.core.Problem;
import io.tenantry.core.ProblemCode;
import io.tenantry.core.ResourceKind;
import io.tenantry.identity.Scope;
import io.tenantry.platform.change.Changes;
import io.tenantry.tenancy.BudgetDirectory.BudgetTerms;
import io.tenantry.tenancy.BudgetDirectory.Owner;
import io.tenantry.tenancy.Enrolment.Newcomers;
import io.tenantry.tenancy.Enrolment.Person;
import io.tenantry.tenancy.OrganizationRepository.Depth;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;

/** What changes organizations. Each change commits with its audit entries or not at all. */
@ApplicationScoped
public class Organizations {

    private final Changes changes;
    private final AuditTrail audit;
    private final OrganizationRepository repository;
    private final TeamRepository teams;
    private final OrganizationRoster roster;
    private final Enrolment enrolment;
    private final BudgetDirectory budgets;
    private final OwnedBudgets ownedBudgets;

    Organizations(
            Changes changes,
            AuditTrail audit,
            OrganizationRepository repository,
            TeamRepository teams,
            OrganizationRoster roster,
            Enrolment enrolment,
            BudgetDirectory budgets,
            OwnedBudgets ownedBudgets) {
        this.changes = changes;
        this.audit = audit;
        this.repository = repository;
        this.teams = teams;
        this.roster = roster;
        this.enrolment = enrolment;
        this.budgets = budgets;
        this.ownedBudgets = ownedBudgets;
    }

    /**
     * Makes an organization with a budget of its own, or with a shared one. Fails with ALREADY_EXISTS for an id that is taken, with NOT_FOUND for a
     * shared budget that does not exist.
     */
    public Uni<OrganizationView> create(Scope scope, NewOrganizationRequest request) {
        var organization = request.toOrganization(scope.caller().actor());
        var limits = request.limits();
        return changes.inTransaction(() -> requireFree(organization)
                .chain(() -> storePermission(organization, request.objectPermission()))
                .chain(() -> budgetOf(organization, request.sharedBudgetOrNone(), limits))
                .call(() -> organization.persistAndFlush())
                .chain(() -> repository.facts(List.of(organization), Depth.ROW, scope.boundary()))
                .map(facts -> facts.view(organization, OrganizationSpend.NONE))
                .call(view -> audit.record(
                        AuditAction.CREATED, organization.ref(), organization.organizationId, null, view)));
    }

    private static Uni<Organization> requireFree(Organization organization) {
        return Organization.<Organization>findById(organization.organizationId).invoke(taken -> {
            if (taken != null) {
                throw Problem.of(ProblemCode.ALREADY_EXISTS)
                        .param("organization_id")
                        .detail("Organization '%s' already exists", organization.organizationId);
            }
        });
    }

    private static Uni<?> storePermission(Organization organization, ObjectPermissionRequest request) {
        if (request == null) {
            return Uni.createFrom().nullItem();
        }
        var permission = request.toPermission();
        organization.objectPermissionId = permission.objectPermissionId;
        return permission.persistAndFlush();
    }

    private Uni<BudgetTerms> budgetOf(Organization organization, String sharedBudgetId, LimitColumns limits) {
        var budget = sharedBudgetId == null
                ? budgets.createFor(Owner.organization(organization.organizationId), limits, organization.createdBy)
                : budgets.requireShared(sharedBudgetId);
        return budget.invoke(terms -> organization.budgetId = terms.budgetId());
    }

    /** What was added to which organization. */
    record Added(String organizationId, OrganizationFacts facts, List<OrganizationMember> members) {}

    /** Adds members, all or none. Fails with ALREADY_EXISTS when one is a member already. */
    Uni<Added> addMembers(Scope scope, AddOrganizationMembersRequest request) {
        var limits = request.limits();
        return changes.inTransaction(
                () -> repository.require(scope, request.organizationId()).flatMap(organization -> enrolment
                        .enrol(scope, persons(request), Newcomers.BY_ID_OR_EMAIL, organization.organizationId)
                        .map(users -> roles(request.member(), users))
                        .call(roles -> join(scope, organization, roles, limits))
                        .flatMap(roles -> added(scope, organization, roles.keySet()))));
    }

    private static List<Person> persons(AddOrganizationMembersRequest request) {
        return request.member().stream().map(OrganizationMemberRequest::person).toList();
    }

    /** The role of each named user; naming one twice is fine as long as the two agree. */
    private static Map<String, String> roles(List<OrganizationMemberRequest> members, Map<Person, User> users) {
        var roles = new LinkedHashMap<String, String>();
        for (var member : members) {
            var userId = users.get(member.person()).userId;
            var before = roles.putIfAbsent(userId, member.role());
            if (before != null && !before.equals(member.role())) {
                throw Problem.of(ProblemCode.INVALID_VALUE)
                        .param("member")
                        .detail("User '%s' is named with two different roles", userId);
            }
        }
        return roles;
    }

    private Uni<Void> join(Scope scope, Organization organization, Map<String, String> roles, LimitColumns limits) {
        var owners = roles.keySet().stream()
                .collect(toMap(
                        user -> Owner.organizationMember(organization.organizationId, user)
                                .id(),
                        user -> user));
        return (limits.isEmpty()
                        ? Uni.createFrom().item(Map.<String, String>of())
                        : ownedBudgets.createForEach(
                                ResourceKind.ORGANIZATION_MEMBER.label,
                                owners.keySet(),
                                limits,
                                scope.caller().actor()))
                .map(own -> own.entrySet().stream()
                        .collect(toMap(budget -> owners.get(budget.getKey()), Map.Entry::getValue)))
                .flatMap(own -> roster.add(roles.entrySet().stream()
                        .map(member -> new OrganizationRoster.Entry(
                                organization.organizationId,
                                member.getKey(),
                                member.getValue(),
                                own.get(member.getKey())))
                        .toList()));
    }

    private Uni<Added> added(Scope scope, Organization organization, Set<String> userIds) {
        return roster.members(organization.organizationId, userIds)
                .flatMap(members -> budgets.byIds(members.stream()
                                .map(member -> member.membership().budgetId)
                                .filter(Objects::nonNull)
                                .toList())
                        .flatMap(terms -> teams.ofUsers(scope.boundary(), userIds)
                                .map(teamsOfUsers -> new Added(
                                        organization.organizationId,
                                        new OrganizationFacts(
                                                List.of(),
                                                Map.of(organization.organizationId, members),
                                                terms,
                                                Map.of(),
                                                new TeamFacts(List.of(), Map.of(), Map.of(), Map.of()),
                                                teamsOfUsers),
                                        members))))
                .call(this::recordAdded);
    }

    private Uni<Void> recordAdded(Added added) {
        return audit.recordAll(added.members().stream()
                .map(member -> new AuditTrail.Entry(
                        AuditAction.CREATED,
                        member.membership().ref(),
                        added.organizationId(),
                        null,
                        added.facts().memberView(member, OrganizationSpend.NONE, null)))
                .toList());
    }
}
