package io.tenantry.tenancy;

import io.smallrye.mutiny.Uni;
import io.tenantry.core.ResourceKind;
import io.tenantry.core.ResourceRef;
import java.util.Collection;
import java.util.Map;

/** What tenancy needs of budgets. Each call runs in the caller's session and transaction. */
public interface BudgetDirectory {

    /** Makes a budget that belongs to this owner alone and is deleted with it. */
    Uni<BudgetTerms> createFor(Owner owner, LimitColumns limits, String actor);

    /** The shared budget of this id; fails with NOT_FOUND naming {@code budget_id}, also when it is somebody's private one. */
    Uni<BudgetTerms> requireShared(String budgetId);

    /** The budgets of these ids, by id, in one statement; unknown ones are absent. */
    Uni<Map<String, BudgetTerms>> byIds(Collection<String> budgetIds);

    /** Deletes those of these budgets that belonged to one object alone, which is gone; shared ones stay. */
    Uni<Void> deletePrivate(Collection<String> budgetIds);

    /** One budget: its id and what it allows. */
    record BudgetTerms(String budgetId, LimitColumns limits) {}

    /** @param kind the word in the budget's row; @param id the owner's id, {@code outer/user} for a member */
    record Owner(String kind, String id) {

        static final String ORGANIZATION = "organization";
        static final String TEAM_MEMBER_DEFAULT = "team_member_default";

        public static Owner organization(String organizationId) {
            return new Owner(ORGANIZATION, organizationId);
        }

        public static Owner organizationMember(String organizationId, String userId) {
            return of(ResourceRef.member(ResourceKind.ORGANIZATION_MEMBER, organizationId, userId));
        }

        public static Owner teamMember(String teamId, String userId) {
            return of(ResourceRef.member(ResourceKind.TEAM_MEMBER, teamId, userId));
        }

        /** What all members of a team get that have no budget of their own. */
        public static Owner teamMemberDefault(String teamId) {
            return new Owner(TEAM_MEMBER_DEFAULT, teamId);
        }

        private static Owner of(ResourceRef member) {
            return new Owner(member.kind().label, member.id());
        }
    }
}
