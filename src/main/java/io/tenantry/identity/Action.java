package io.tenantry.identity;

import static io.tenantry.identity.Action.Own.NOT_OWN;
import static io.tenantry.identity.Action.Own.OWN;
import static io.tenantry.identity.Action.Reach.ADMINS;
import static io.tenantry.identity.Action.Reach.MEMBERS;
import static io.tenantry.identity.Action.Reach.NOBODY;
import static io.tenantry.identity.Action.Reach.PERMITTED;
import static io.tenantry.identity.Action.Viewer.NO_VIEWER;
import static io.tenantry.identity.Action.Viewer.VIEWER;

/**
 * What can be done, and who may do it where. Proxy admins may do everything everywhere; the columns say who else: whether proxy admin
 * viewers may, which members of an organization and of a team may inside it, and whether users may with what is their own.
 */
public enum Action {
    //                    viewer     in an organization  in a team  on one's own
    CREATE_ORGANIZATION(NO_VIEWER, NOBODY, NOBODY, NOT_OWN, "/organization/new"),
    READ_ORGANIZATION(VIEWER, ADMINS, NOBODY, NOT_OWN, "/organization/info"),
    LIST_ORGANIZATIONS(VIEWER, MEMBERS, NOBODY, NOT_OWN, "/organization/list"),
    UPDATE_ORGANIZATION(NO_VIEWER, ADMINS, NOBODY, NOT_OWN, "/organization/update"),
    DELETE_ORGANIZATION(NO_VIEWER, NOBODY, NOBODY, NOT_OWN, "/organization/delete"),
    READ_ORGANIZATION_ACTIVITY(VIEWER, ADMINS, NOBODY, OWN, "/organization/daily/activity"),
    ADD_ORGANIZATION_MEMBER(NO_VIEWER, ADMINS, NOBODY, NOT_OWN, "/organization/member_add"),
    UPDATE_ORGANIZATION_MEMBER(NO_VIEWER, ADMINS, NOBODY, NOT_OWN, "/organization/member_update"),
    DELETE_ORGANIZATION_MEMBER(NO_VIEWER, ADMINS, NOBODY, NOT_OWN, "/organization/member_delete"),

    CREATE_TEAM(NO_VIEWER, PERMITTED, NOBODY, NOT_OWN, "/team/new"),
    READ_TEAM(VIEWER, ADMINS, MEMBERS, NOT_OWN, "/team/info"),
    LIST_TEAMS(VIEWER, ADMINS, MEMBERS, NOT_OWN, "/team/list"),
    LIST_OPEN_TEAMS(VIEWER, NOBODY, NOBODY, OWN, "/team/available"),
    UPDATE_TEAM(NO_VIEWER, ADMINS, NOBODY, NOT_OWN, "/team/update"),
    DELETE_TEAM(NO_VIEWER, ADMINS, NOBODY, NOT_OWN, "/team/delete"),
    BLOCK_TEAM(NO_VIEWER, ADMINS, NOBODY, NOT_OWN, "/team/block"),
    UNBLOCK_TEAM(NO_VIEWER, ADMINS, NOBODY, NOT_OWN, "/team/unblock"),
    CHANGE_TEAM_MODELS(NO_VIEWER, ADMINS, NOBODY, NOT_OWN, "/team/model/add"),
    READ_TEAM_PERMISSIONS(VIEWER, ADMINS, ADMINS, NOT_OWN, "/team/permissions_list"),
    UPDATE_TEAM_PERMISSIONS(NO_VIEWER, ADMINS, ADMINS, NOT_OWN, "/team/permissions_update"),
    UPDATE_ALL_TEAM_PERMISSIONS(NO_VIEWER, NOBODY, NOBODY, NOT_OWN, "/team/permissions_bulk_update"),
    READ_TEAM_ACTIVITY(VIEWER, ADMINS, MEMBERS, OWN, "/team/daily/activity"),
    READ_TEAM_ACTIVITY_OF_ALL(VIEWER, ADMINS, PERMITTED, OWN, "/team/daily/activity"),
    ADD_TEAM_MEMBER(NO_VIEWER, ADMINS, ADMINS, NOT_OWN, "/team/member_add"),
    JOIN_OPEN_TEAM(NO_VIEWER, NOBODY, NOBODY, OWN, "/team/member_add"),
    UPDATE_TEAM_MEMBER(NO_VIEWER, ADMINS, ADMINS, NOT_OWN, "/team/member_update"),
    DELETE_TEAM_MEMBER(NO_VIEWER, ADMINS, ADMINS, NOT_OWN, "/team/member_delete"),

    CREATE_USER(NO_VIEWER, ADMINS, NOBODY, NOT_OWN, "/user/new"),
    READ_USER(VIEWER, ADMINS, ADMINS, OWN, "/user/info"),
    READ_USER_ACTIVITY(VIEWER, NOBODY, NOBODY, OWN, "/user/daily/activity"),
    READ_SEATS(VIEWER, NOBODY, NOBODY, NOT_OWN, "/user/available_users"),
    LIST_USERS(VIEWER, ADMINS, NOBODY, NOT_OWN, "/user/list"),
    UPDATE_USER(NO_VIEWER, NOBODY, NOBODY, OWN, "/user/update"),
    UPDATE_USERS(NO_VIEWER, NOBODY, NOBODY, OWN, "/user/bulk_update"),
    CREATE_USERS(NO_VIEWER, ADMINS, NOBODY, NOT_OWN, "/user/bulk_create"),
    DELETE_USER(NO_VIEWER, ADMINS, NOBODY, NOT_OWN, "/user/delete"),

    CREATE_KEY(NO_VIEWER, ADMINS, PERMITTED, OWN, "/key/generate"),
    READ_KEY(VIEWER, ADMINS, MEMBERS, OWN, "/key/info"),
    LIST_KEYS(VIEWER, ADMINS, PERMITTED, OWN, "/key/list"),
    CREATE_SERVICE_ACCOUNT(NO_VIEWER, ADMINS, PERMITTED, NOT_OWN, "/key/service-account/generate"),
    UPDATE_KEY(NO_VIEWER, ADMINS, PERMITTED, OWN, "/key/update"),
    UPDATE_KEYS(NO_VIEWER, NOBODY, NOBODY, NOT_OWN, "/key/bulk_update"),
    UPDATE_TEAM_KEYS(NO_VIEWER, ADMINS, ADMINS, NOT_OWN, "/team/key/bulk_update"),
    ROTATE_KEY(NO_VIEWER, ADMINS, PERMITTED, OWN, "/key/regenerate"),
    RESET_KEY_SPEND(NO_VIEWER, ADMINS, ADMINS, NOT_OWN, "/key/{key_id}/reset_spend"),
    BLOCK_KEY(NO_VIEWER, ADMINS, ADMINS, NOT_OWN, "/key/block"),
    UNBLOCK_KEY(NO_VIEWER, ADMINS, ADMINS, NOT_OWN, "/key/unblock"),
    DELETE_KEY(NO_VIEWER, ADMINS, ADMINS, OWN, "/key/delete"),

    CREATE_BUDGET(NO_VIEWER, NOBODY, NOBODY, NOT_OWN, "/budget/new"),
    READ_BUDGET(VIEWER, NOBODY, NOBODY, NOT_OWN, "/budget/info"),
    LIST_BUDGETS(VIEWER, NOBODY, NOBODY, NOT_OWN, "/budget/list"),
    UPDATE_BUDGET(NO_VIEWER, NOBODY, NOBODY, NOT_OWN, "/budget/update"),
    DELETE_BUDGET(NO_VIEWER, NOBODY, NOBODY, NOT_OWN, "/budget/delete"),

    CREATE_CUSTOMER(NO_VIEWER, NOBODY, NOBODY, NOT_OWN, "/customer/new"),
    READ_CUSTOMER(VIEWER, NOBODY, NOBODY, NOT_OWN, "/customer/info"),
    LIST_CUSTOMERS(VIEWER, NOBODY, NOBODY, NOT_OWN, "/customer/list"),
    UPDATE_CUSTOMER(NO_VIEWER, NOBODY, NOBODY, NOT_OWN, "/customer/update"),
    BLOCK_CUSTOMER(NO_VIEWER, NOBODY, NOBODY, NOT_OWN, "/customer/block"),
    UNBLOCK_CUSTOMER(NO_VIEWER, NOBODY, NOBODY, NOT_OWN, "/customer/unblock"),
    DELETE_CUSTOMER(NO_VIEWER, NOBODY, NOBODY, NOT_OWN, "/customer/delete"),

    CREATE_TAG(NO_VIEWER, NOBODY, NOBODY, NOT_OWN, "/tag/new"),
    READ_TAG(VIEWER, NOBODY, NOBODY, NOT_OWN, "/tag/info"),
    LIST_TAGS(VIEWER, NOBODY, NOBODY, NOT_OWN, "/tag/list"),
    UPDATE_TAG(NO_VIEWER, NOBODY, NOBODY, NOT_OWN, "/tag/update"),
    DELETE_TAG(NO_VIEWER, NOBODY, NOBODY, NOT_OWN, "/tag/delete"),

    CREATE_ACCESS_GROUP(NO_VIEWER, NOBODY, NOBODY, NOT_OWN, "/v1/access_group"),
    READ_ACCESS_GROUP(VIEWER, NOBODY, NOBODY, NOT_OWN, "/v1/access_group/{access_group_id}"),
    LIST_ACCESS_GROUPS(VIEWER, NOBODY, NOBODY, NOT_OWN, "/v1/access_group"),
    UPDATE_ACCESS_GROUP(NO_VIEWER, NOBODY, NOBODY, NOT_OWN, "/v1/access_group/{access_group_id}"),
    DELETE_ACCESS_GROUP(NO_VIEWER, NOBODY, NOBODY, NOT_OWN, "/v1/access_group/{access_group_id}"),

    READ_SPEND(VIEWER, ADMINS, ADMINS, OWN, "/spend/logs"),
    ADJUST_SPEND(NO_VIEWER, NOBODY, NOBODY, NOT_OWN, "/v1/adjustments"),

    READ_AUDIT(VIEWER, ADMINS, NOBODY, NOT_OWN, "/audit");

    /** Which members of an organization or team an action is open to. */
    enum Reach {
        NOBODY,
        ADMINS,
        /** Team admins, and plain members where the team's permissions name the route. */
        PERMITTED,
        MEMBERS
    }

    enum Own {
        OWN,
        NOT_OWN
    }

    enum Viewer {
        VIEWER,
        NO_VIEWER
    }

    final boolean viewer;
    final Reach organization;
    final Reach team;
    final boolean own;

    /** The route that stands for the action in permissions, messages and {@code allowed_routes}. */
    public final String route;

    Action(Viewer viewer, Reach organization, Reach team, Own own, String route) {
        this.viewer = viewer == VIEWER;
        this.organization = organization;
        this.team = team;
        this.own = own == OWN;
        this.route = route;
    }

    /** Whether the action only looks: the one thing that read-only roles may do. */
    public boolean isRead() {
        return name().startsWith("READ_") || name().startsWith("LIST_");
    }

    /** Whether a caller who reaches nothing with it gets an empty answer instead of a refusal: reads that belong to no administration. */
    boolean isOpenToAll() {
        return isRead() && (own || team == Reach.MEMBERS || organization == Reach.MEMBERS);
    }
}
