package io.tenantry.keys;

import io.tenantry.core.Problem;
import io.tenantry.core.ProblemCode;
import io.tenantry.identity.AllowedRoutes;
import io.tenantry.identity.Scope;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;

/**
 * What a caller may make of a key. Proxy admins move keys between users; admins of a team or organization move them between what they
 * administer, and grant within its caps; everybody else, the owner too, may only narrow what a key may do. Every violation is FORBIDDEN and
 * names its field.
 */
final class KeyRights {

    private final KeyReach reach;
    private final ApiKey before;
    private final ApiKey after;

    private KeyRights(KeyReach reach, ApiKey before, ApiKey after) {
        this.reach = reach;
        this.before = before;
        this.after = after;
    }

    static void requireType(Scope scope, KeyType type) {
        if (type == KeyType.GATEWAY && !scope.boundary().everything()) {
            throw Problem.of(ProblemCode.FORBIDDEN)
                    .param("key_type")
                    .detail("Not allowed: only a proxy admin may create keys of key_type 'gateway'");
        }
    }

    /** A key that is confined must not free itself by making another one. Model calls are the proxy's matter and always fine. */
    static void requireRoutes(List<String> ofCaller, List<String> asked) {
        if (ofCaller.isEmpty()) {
            return;
        }
        if (asked.isEmpty() || !asked.stream().allMatch(route -> mayGrant(ofCaller, route))) {
            throw Problem.of(ProblemCode.FORBIDDEN)
                    .param("allowed_routes")
                    .detail(
                            "Not allowed: the calling key is confined to %s and can only create keys confined to that or to llm_api_routes",
                            ofCaller);
        }
    }

    /** The first key of a new administrator is confined to nothing, so a confined key may not make it on the way. */
    static void requireUnconfined(List<String> ofCaller) {
        if (!ofCaller.isEmpty()) {
            throw Problem.of(ProblemCode.FORBIDDEN)
                    .param("auto_create_key")
                    .detail(
                            "Not allowed: the calling key is confined to %s, and the key that is made with an administrator is not: send auto_create_key false, and make one with /key/generate",
                            ofCaller);
        }
    }

    private static boolean mayGrant(List<String> ofCaller, String route) {
        return route.equals("llm_api_routes")
                || ofCaller.contains(route)
                || (route.startsWith("/") && AllowedRoutes.permit(ofCaller, route));
    }

    /** Before anything is written: whether the key may go where the request wants it. Fails with FORBIDDEN, or NOT_FOUND for what is out of reach. */
    static void requireMove(KeyReach reach, ApiKey key, KeyParents parents) {
        var now = new KeyOwner(key.userId, key.teamId, key.ownOrganizationId, key.budgetId);
        var asked = parents.asked().unlessRepeated(now, key.organizationId);
        if (asked.equals(now)) {
            return;
        }
        if (!reach.everything()) {
            requireProxyAdmin("user_id", now.userId(), asked.userId());
            requireProxyAdmin("budget_id", now.budgetId(), asked.budgetId());
            requireKept("team_id", now.teamId(), asked.teamId());
            if (asked.teamId() == null || asked.teamId().equals(now.teamId())) {
                requireKept("organization_id", now.organizationId(), asked.organizationId());
            }
            requireNewTeam(reach, key, asked);
        }
        // for a proxy admin this only says what is not there
        parents.asking(asked.changedFrom(now))
                .requireWithin(reach.administering() == null ? reach.acting() : reach.administering());
        boolean newTeam = asked.teamId() != null && !asked.teamId().equals(now.teamId());
        if (newTeam && asked.userId() != null && !parents.userInTeam()) {
            throw forbidden("team_id", "the key's user is not a member of team '%s'", asked.teamId());
        }
    }

    private static void requireProxyAdmin(String field, String now, String asked) {
        if (!Objects.equals(now, asked)) {
            throw forbidden(field, "only a proxy admin may change %s of a key", field);
        }
    }

    private static void requireKept(String field, String now, String asked) {
        if (now != null && asked == null) {
            throw forbidden(field, "only a proxy admin may take a key out of its %s", field.replace("_id", ""));
        }
    }

    private static void requireNewTeam(KeyReach reach, ApiKey key, KeyOwner asked) {
        boolean newTeam = asked.teamId() != null && !asked.teamId().equals(key.teamId);
        boolean newOrganization = !Objects.equals(asked.organizationId(), key.ownOrganizationId);
        if ((newTeam || newOrganization) && !reach.administers(key)) {
            throw forbidden(
                    newTeam ? "team_id" : "organization_id",
                    "only an admin of the key's team or organization may move it");
        }
    }

    /** After the fields were written: nobody but its administrators may have widened the key, nor a confined caller freed it. */
    static void requireNotWidened(KeyReach reach, ApiKey before, ApiKey after) {
        if (!before.keyType.equals(after.keyType) && after.keyType.equals(KeyType.GATEWAY.wire)) {
            requireType(reach.acting(), KeyType.GATEWAY);
        }
        if (!before.allowedRoutes.equals(after.allowedRoutes)) {
            requireRoutes(reach.acting().caller().allowedRoutes(), after.allowedRoutes);
        }
        if (!reach.everything() && !reach.administers(before)) {
            new KeyRights(reach, before, after).requireNarrower();
        }
    }

    private void requireNarrower() {
        requireSame("blocked", before.blocked, after.blocked);
        requireSame("temp_budget_increase", before.tempBudgetIncreaseNano, after.tempBudgetIncreaseNano);
        requireSame("temp_budget_expiry", before.tempBudgetExpiresAt, after.tempBudgetExpiresAt);
        requireSame("access_group_ids", Set.copyOf(before.accessGroupIds), Set.copyOf(after.accessGroupIds));
        requireSame("aliases", before.aliases, after.aliases);
        requireSame("tags", before.tags, after.tags);
        require("guardrails", after.guardrails.containsAll(before.guardrails));
        require("models", before.models.equals(after.models) || narrowerModels());
        require("allowed_routes", before.allowedRoutes.isEmpty() || narrowerRoutes());
        require("duration", noLater());
        requireLimits();
        requireRates("model_rpm_limit", before.modelRpmLimit, after.modelRpmLimit);
        requireRates("model_tpm_limit", before.modelTpmLimit, after.modelTpmLimit);
    }

    /** By name and not by pattern: a name that a pattern matches may be that of a group, which stands for other models. */
    private boolean narrowerModels() {
        boolean open = before.models.isEmpty() && before.accessGroupIds.isEmpty();
        return !after.models.isEmpty()
                && (open || before.models.contains("*") || before.models.containsAll(after.models));
    }

    private boolean narrowerRoutes() {
        return !after.allowedRoutes.isEmpty()
                && after.allowedRoutes.stream()
                        .allMatch(route -> before.allowedRoutes.contains(route)
                                || (route.startsWith("/") && AllowedRoutes.permit(before.allowedRoutes, route)));
    }

    private boolean noLater() {
        return before.expiresAt == null || (after.expiresAt != null && !after.expiresAt.isAfter(before.expiresAt));
    }

    private void requireLimits() {
        var was = before.limitsOrNone();
        var now = after.limitsOrNone();
        require("max_budget", noMore(was.maxBudgetNano, now.maxBudgetNano));
        // a shorter period gives the cap more often
        require("budget_duration", was.maxBudgetNano == null || Objects.equals(was.budgetDuration, now.budgetDuration));
        require("tpm_limit", noMore(was.tpmLimit, now.tpmLimit));
        require("rpm_limit", noMore(was.rpmLimit, now.rpmLimit));
        require("max_parallel_requests", noMore(was.maxParallelRequests, now.maxParallelRequests));
        requireSame("budget_limits", was.further(), now.further());
        // what the key leaves open is left to its linked budget: its own cap would stand in for that
        require("max_budget", before.budgetId == null || Objects.equals(was.maxBudgetNano, now.maxBudgetNano));
        require("tpm_limit", before.budgetId == null || Objects.equals(was.tpmLimit, now.tpmLimit));
        require("rpm_limit", before.budgetId == null || Objects.equals(was.rpmLimit, now.rpmLimit));
        require(
                "max_parallel_requests",
                before.budgetId == null || Objects.equals(was.maxParallelRequests, now.maxParallelRequests));
        require("budget_duration", before.budgetId == null || Objects.equals(was.budgetDuration, now.budgetDuration));
        require("soft_budget", before.budgetId == null || Objects.equals(was.softBudgetNano, now.softBudgetNano));
    }

    private static boolean noMore(Number was, Number now) {
        return was == null || (now != null && now.longValue() <= was.longValue());
    }

    private void requireRates(String field, Map<String, Long> was, Map<String, Long> now) {
        was.forEach((model, rate) -> require(field, noMore(rate, now.get(model))));
    }

    private void requireSame(String field, Object was, Object now) {
        require(field, Objects.equals(was, now));
    }

    private void require(String field, boolean narrower) {
        if (!narrower) {
            throw forbidden(
                    field,
                    "%s would give this key more than it has; %s may only narrow it",
                    field,
                    reach.isOwnOrNobodys(before) ? "its owner" : "a member of its team");
        }
    }

    private static Problem forbidden(String field, String format, Object... args) {
        return Problem.of(ProblemCode.FORBIDDEN).param(field).detail("Not allowed: " + format, args);
    }
}
