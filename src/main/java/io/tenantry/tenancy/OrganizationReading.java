package io.tenantry.tenancy;

import io.quarkus.hibernate.reactive.panache.Panache;
import io.smallrye.mutiny.Uni;
import io.tenantry.core.NanoUsd;
import io.tenantry.core.Problem;
import io.tenantry.core.ProblemCode;
import io.tenantry.core.ResourceKind;
import io.tenantry.identity.Scope;
import io.tenantry.platform.database.ReadSession;
import io.tenantry.tenancy.OrganizationRepository.Depth;
import io.tenantry.tenancy.OwnedKeys.Promised;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.Collection;
import java.util.List;
import java.util.Map;

/** Answers questions about organizations. As with teams, spend is asked for after the session has given its connection back. */
@ApplicationScoped
class OrganizationReading {

    private final OrganizationRepository repository;
    private final TeamReading teams;
    private final Promises promises;
    private final SpendLookup spend;

    OrganizationReading(OrganizationRepository repository, TeamReading teams, Promises promises, SpendLookup spend) {
        this.repository = repository;
        this.teams = teams;
        this.promises = promises;
        this.spend = spend;
    }

    /** One organization with members, their users and teams, and what it has promised; fails with NOT_FOUND outside the scope. */
    Uni<OrganizationInfoView> info(Scope scope, String organizationId) {
        return Panache.withSession(
                        () -> repository.require(scope, organizationId).flatMap(found -> repository
                                .facts(List.of(found), Depth.WITH_USERS, scope.boundary())
                                .flatMap(facts -> promises.of(found, facts.limits(found))
                                        .map(promised -> new Detail(found, facts, promised)))))
                .flatMap(detail -> spendWithUsers(detail.facts()).map(detail::view));
    }

    private record Detail(Organization organization, OrganizationFacts facts, Promised promised) {

        OrganizationInfoView view(OrganizationSpend spent) {
            return new OrganizationInfoView(
                    facts.viewWithUsers(organization, spent),
                    AllocationView.of(facts.limits(organization), promised, spent.of(organization)));
        }
    }

    /** These organizations as bare rows; fails with NOT_FOUND naming the first that is not within the scope. */
    Uni<List<OrganizationView>> rows(Scope scope, List<String> organizationIds) {
        if (organizationIds.isEmpty()) {
            throw Problem.of(ProblemCode.INVALID_VALUE)
                    .param("organizations")
                    .detail("organizations must name at least one organization");
        }
        return Panache.withSession(() -> repository
                        .require(scope, organizationIds.stream().distinct().toList())
                        .flatMap(found -> repository.facts(found, Depth.ROW, scope.boundary())))
                .flatMap(facts -> spendOf(facts).map(spent -> facts.organizations().stream()
                        .map(organization -> facts.view(organization, spent))
                        .toList()));
    }

    /** A page of the organizations within the scope, with their first members and teams. */
    Uni<List<OrganizationView>> list(Scope scope, OrganizationQuery query) {
        return ReadSession.with(() -> repository
                        .visible(scope, query)
                        .flatMap(found -> repository.facts(found, Depth.LISTED, scope.boundary())))
                .flatMap(facts -> spendOf(facts).map(spent -> facts.organizations().stream()
                        .map(organization -> facts.viewWithMembers(organization, spent))
                        .toList()));
    }

    /** The answer to an addition, with what the new members have spent. */
    Uni<OrganizationMembersAddedView> afterAddition(Organizations.Added added) {
        return spendWithUsers(added.facts())
                .map(spent -> new OrganizationMembersAddedView(
                        added.organizationId(),
                        added.members().stream()
                                .map(member -> added.facts().userView(member, spent))
                                .toList(),
                        added.members().stream()
                                .map(member -> added.facts().memberView(member, spent, null))
                                .toList()));
    }

    /** An organization as it is after a change, with members and teams. */
    Uni<OrganizationView> afterUpdate(Scope scope, String organizationId) {
        return Panache.withSession(() -> repository
                        .require(scope, organizationId)
                        .flatMap(found -> repository.facts(List.of(found), Depth.WITH_MEMBERS, scope.boundary())))
                .flatMap(facts -> spendOf(facts)
                        .map(spent ->
                                facts.viewWithMembers(facts.organizations().get(0), spent)));
    }

    /** Organizations as they were before they were deleted, by now without members and teams. */
    Uni<List<OrganizationView>> afterDeletion(OrganizationFacts facts) {
        return organizations(facts)
                .map(spent -> new OrganizationSpend(spent, Map.of(), Map.of(), Map.of()))
                .map(spent -> facts.organizations().stream()
                        .map(organization -> facts.view(organization, spent).with(List.of(), List.of()))
                        .toList());
    }

    /** A membership as it is after a change, or was before its end. */
    Uni<OrganizationMembershipView> afterChange(OrganizationMembers.Changed changed) {
        var membership = changed.member().membership();
        return spend.current(
                        ResourceKind.ORGANIZATION_MEMBER,
                        List.of(SpendLookup.Scope.of(membership.ref().id(), changed.terms())))
                .map(spent -> changed.view(new OrganizationSpend(Map.of(), spent, Map.of(), Map.of())));
    }

    /** Without that of users, which only views with users show. */
    private Uni<OrganizationSpend> spendOf(OrganizationFacts facts) {
        return organizations(facts).flatMap(organizations -> members(facts, members(facts))
                .flatMap(ofMembers -> teams.spendOf(facts.teams().teams())
                        .map(ofTeams -> new OrganizationSpend(organizations, ofMembers, ofTeams, Map.of()))));
    }

    private Uni<OrganizationSpend> spendWithUsers(OrganizationFacts facts) {
        return spendOf(facts).flatMap(spent -> teams.userSpend(
                        members(facts).stream().map(OrganizationMember::user).toList())
                .map(ofUsers -> new OrganizationSpend(spent.organizations(), spent.members(), spent.teams(), ofUsers)));
    }

    private static List<OrganizationMember> members(OrganizationFacts facts) {
        return facts.members().values().stream().flatMap(List::stream).toList();
    }

    private Uni<Map<String, NanoUsd>> organizations(OrganizationFacts facts) {
        return spend.current(
                ResourceKind.ORGANIZATION,
                facts.organizations().stream()
                        .map(organization ->
                                SpendLookup.Scope.of(organization.organizationId, facts.budget(organization)))
                        .toList());
    }

    private Uni<Map<String, NanoUsd>> members(OrganizationFacts facts, Collection<OrganizationMember> members) {
        return spend.current(
                ResourceKind.ORGANIZATION_MEMBER,
                members.stream()
                        .map(OrganizationMember::membership)
                        .map(membership -> SpendLookup.Scope.of(membership.ref().id(), facts.budget(membership)))
                        .toList());
    }
}
