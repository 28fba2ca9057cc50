package io.tenantry.tenancy;

import com.fasterxml.jackson.annotation.JsonAnySetter;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import io.tenantry.core.NanoUsd;
import io.tenantry.core.Patch;
import io.tenantry.core.Problem;
import io.tenantry.core.ProblemCode;
import jakarta.validation.Valid;
import jakarta.validation.constraints.NotNull;
import jakarta.validation.constraints.Pattern;
import jakarta.validation.constraints.Size;
import java.math.BigDecimal;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/**
 * A change of one user, named by id, or by the address alone. Absent stays, null clears, zero allows nothing.
 *
 * @param userEmail beside a {@code user_id} the new address; without one it names the user
 */
@JsonNaming(PropertyNamingStrategies.SnakeCaseStrategy.class)
public record UpdateUserRequest(
        String userId,
        Patch<@Size(max = 255) String> userEmail,
        Patch<@Size(max = 255) String> userAlias,
        Patch<@Size(max = 255) String> ssoUserId,

        Patch<
                        @Pattern(
                                regexp = "proxy_admin|proxy_admin_viewer|internal_user|internal_user_viewer",
                                message =
                                        "must be proxy_admin, proxy_admin_viewer, internal_user or internal_user_viewer")
                        String>
                userRole,

        Patch<List<@NotNull @Size(max = 255) String>> models,
        Patch<BigDecimal> maxBudget,
        Patch<BigDecimal> softBudget,
        Patch<String> budgetDuration,
        Patch<Long> tpmLimit,
        Patch<Long> rpmLimit,
        Patch<Integer> maxParallelRequests,
        Patch<Boolean> blocked,
        Patch<Map<String, Object>> metadata,
        Patch<@Valid ObjectPermissionPatch> objectPermission,

        Patch<@Pattern(regexp = UserRequestLimits.REGION, message = UserRequestLimits.REGION_RULE) String>
                allowedModelRegion,

        Patch<Long> allowedModelMaxInputTokens,
        Patch<Long> allowedModelMaxOutputTokens,
        @JsonAnySetter Map<String, Object> others) {

    /** The same change for another user, which is named by id. */
    UpdateUserRequest ofUser(String id) {
        return new UpdateUserRequest(
                id,
                userEmail,
                userAlias,
                ssoUserId,
                userRole,
                models,
                maxBudget,
                softBudget,
                budgetDuration,
                tpmLimit,
                rpmLimit,
                maxParallelRequests,
                blocked,
                metadata,
                objectPermission,
                allowedModelRegion,
                allowedModelMaxInputTokens,
                allowedModelMaxOutputTokens,
                others);
    }

    /** The id that names the user; null when the address does. */
    String namedId() {
        return userId == null || userId.isBlank() ? null : userId;
    }

    /** The address that names the user, in lower case; null when the id does. */
    String namedEmail() {
        var email = userEmail.orNull();
        return namedId() != null || email == null || email.isBlank() ? null : emailKey(email);
    }

    /** Fails with VALIDATION when the request names nobody. */
    void requireNamed() {
        if (namedId() == null && namedEmail() == null) {
            throw Problem.of(ProblemCode.VALIDATION).param("user_id").detail("user_id or user_email is required");
        }
    }

    /** The address that the user is to get; absent where the address only names the user. */
    Patch<String> newEmail() {
        return namedId() == null ? Patch.absent() : userEmail.map(UpdateUserRequest::textOrNull);
    }

    Patch<String> newSsoId() {
        return ssoUserId.map(UpdateUserRequest::textOrNull);
    }

    private static String textOrNull(String text) {
        return text.isBlank() ? null : text.trim();
    }

    /** As the unique index compares addresses. */
    static String emailKey(String email) {
        return email.trim().toLowerCase(Locale.ROOT);
    }

    /** The fields that are in the request beside the one that names the user, by their names on the wire. */
    Set<String> changed() {
        var changed = new LinkedHashSet<String>();
        add(changed, "user_email", newEmail());
        add(changed, "user_alias", userAlias);
        add(changed, "sso_user_id", ssoUserId);
        add(changed, "user_role", userRole);
        add(changed, "models", models);
        add(changed, "max_budget", maxBudget);
        add(changed, "soft_budget", softBudget);
        add(changed, "budget_duration", budgetDuration);
        add(changed, "tpm_limit", tpmLimit);
        add(changed, "rpm_limit", rpmLimit);
        add(changed, "max_parallel_requests", maxParallelRequests);
        add(changed, "blocked", blocked);
        add(changed, "metadata", metadata);
        add(changed, "object_permission", objectPermission);
        add(changed, "allowed_model_region", allowedModelRegion);
        add(changed, "allowed_model_max_input_tokens", allowedModelMaxInputTokens);
        add(changed, "allowed_model_max_output_tokens", allowedModelMaxOutputTokens);
        if (others != null) {
            changed.addAll(others.keySet());
        }
        return changed;
    }

    private static void add(Set<String> changed, String field, Patch<?> patch) {
        if (patch.isPresent()) {
            changed.add(field);
        }
    }

    /** Changes the user's own row, all of it or nothing. Fails naming the first field that cannot be honoured. */
    void applyTo(User user, String actor) {
        requireSupported();
        var limits = limitsOver(user.limitsOrNone());
        var requests =
                new UserRequestLimits(allowedModelRegion, allowedModelMaxInputTokens, allowedModelMaxOutputTokens);
        user.userEmail = newEmail().over(user.userEmail);
        user.userAlias = userAlias.over(user.userAlias);
        user.ssoUserId = newSsoId().over(user.ssoUserId);
        user.userRole = userRole.over(user.userRole);
        models.ifPresent(names -> user.models = names == null ? List.of() : names);
        user.limits = limits;
        blocked.ifPresent(now -> user.blocked = Boolean.TRUE.equals(now));
        metadata.ifPresent(now -> user.metadata = now == null ? new HashMap<>() : now);
        requests.applyTo(user);
        user.updatedBy = actor;
    }

    private void requireSupported() {
        UnsupportedFields.refuseSpend(others);
        UnsupportedFields.refuse(others, UnsupportedFields.OF_USER_UPDATES);
        metadata.ifPresent(UnsupportedFields::refuseInMetadata);
        metadata.ifPresent(UnsupportedFields::refuseRatesInMetadata);
        if (objectPermission instanceof Patch.To<ObjectPermissionPatch> to) {
            to.value().requireSupported();
        }
    }

    private LimitColumns limitsOver(LimitColumns current) {
        var limits = LimitColumns.of(
                maxBudget.over(NanoUsd.usdOrNull(current.maxBudgetNano)),
                softBudget.over(NanoUsd.usdOrNull(current.softBudgetNano)),
                budgetDuration.over(current.budgetDuration),
                tpmLimit.over(current.tpmLimit),
                rpmLimit.over(current.rpmLimit),
                maxParallelRequests.over(current.maxParallelRequests));
        limits.furtherLimits = current.furtherLimits;
        return limits.withFurther(others);
    }
}
