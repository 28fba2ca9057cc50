package io.tenantry.tenancy;

import com.fasterxml.jackson.annotation.JsonAnySetter;
import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import io.tenantry.core.Ids;
import io.tenantry.core.Lifespan;
import io.tenantry.core.Patch;
import io.tenantry.core.Problem;
import io.tenantry.core.ProblemCode;
import io.tenantry.tenancy.KeyDirectory.NewKeyTerms;
import jakarta.validation.Valid;
import jakarta.validation.constraints.NotBlank;
import jakarta.validation.constraints.NotNull;
import jakarta.validation.constraints.Pattern;
import jakarta.validation.constraints.Size;
import java.math.BigDecimal;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.eclipse.microprofile.openapi.annotations.media.Schema;

/** The user to be made, the memberships and the key it starts with. */
@JsonNaming(PropertyNamingStrategies.SnakeCaseStrategy.class)
public record NewUserRequest(
        String userId,
        @Size(max = 255) String userEmail,
        @Size(max = 255) String userAlias,
        @Size(max = 255) String ssoUserId,

        @Pattern(
                regexp = "proxy_admin|proxy_admin_viewer|internal_user|internal_user_viewer",
                message = "must be proxy_admin, proxy_admin_viewer, internal_user or internal_user_viewer")
        String userRole,

        @Size(max = 500) List<@NotNull @Valid InTeam> teams,
        String teamId,
        @Size(max = 500) List<@NotBlank String> organizations,
        String organizationId,
        Boolean autoCreateKey,
        String keyAlias,
        String duration,
        List<@NotNull @Size(max = 255) String> models,
        BigDecimal maxBudget,
        BigDecimal softBudget,
        String budgetDuration,
        Long tpmLimit,
        Long rpmLimit,
        Integer maxParallelRequests,
        Boolean blocked,
        Map<String, Object> metadata,
        @Size(max = 1000) Map<String, @NotNull String> aliases,
        @Size(max = 1000) Map<String, @NotNull Long> modelRpmLimit,
        @Size(max = 1000) Map<String, @NotNull Long> modelTpmLimit,
        @Size(max = 500) List<@NotNull String> guardrails,
        @Size(max = 500) List<@NotNull String> tags,
        @Valid ObjectPermissionRequest objectPermission,

        @Pattern(regexp = UserRequestLimits.REGION, message = UserRequestLimits.REGION_RULE)
        String allowedModelRegion,

        Long allowedModelMaxInputTokens,
        Long allowedModelMaxOutputTokens,
        @JsonAnySetter Map<String, Object> others) {

    private static final Set<String> GLOBAL_ADMINS = Set.of("proxy_admin", "proxy_admin_viewer");

    /** A team to join: its id alone, or with a role and an own budget. */
    @Schema(name = "NewUserInTeam")
    public record InTeam(
            @NotBlank String teamId,
            BigDecimal maxBudgetInTeam,

            @Pattern(regexp = "admin|user", message = "must be admin or user")
            String userRole) {

        // Names are spelled out, since a record with two ways in is read without its naming strategy.
        @JsonCreator(mode = JsonCreator.Mode.PROPERTIES)
        public InTeam(
                @JsonProperty("team_id") String teamId,
                @JsonProperty("max_budget_in_team") BigDecimal maxBudgetInTeam,
                @JsonProperty("user_role") String userRole) {
            this.teamId = teamId;
            this.maxBudgetInTeam = maxBudgetInTeam;
            this.userRole = userRole == null ? "user" : userRole;
        }

        /** From the id alone. */
        @JsonCreator(mode = JsonCreator.Mode.DELEGATING)
        public static InTeam ofId(String teamId) {
            return new InTeam(teamId, null, null);
        }

        LimitPatch limits() {
            var given = LimitPatch.given(maxBudgetInTeam, null, null, null, null, null, null);
            return MemberLimits.checked("max_budget_in_team", given);
        }
    }

    /** Whether the user would have a role that reaches beyond single tenants. */
    boolean asksForGlobalAdmin() {
        return userRole != null && GLOBAL_ADMINS.contains(userRole);
    }

    boolean wantsKey() {
        return !Boolean.FALSE.equals(autoCreateKey);
    }

    /** When the key ends; null for never. Fails with INVALID_DURATION. */
    Instant keyExpiry(Instant now) {
        return duration == null ? null : Lifespan.endingAt(duration, "duration", now);
    }

    NewKeyTerms keyTerms(User user) {
        return new NewKeyTerms(
                keyAlias,
                duration,
                user.models,
                aliases == null ? Map.of() : aliases,
                FoldedMetadata.of(user.metadata, modelRpmLimit, modelTpmLimit, tags, guardrails),
                administers(user.userRole));
    }

    private boolean administers(String role) {
        return !(role == null || role.startsWith("internal_user"))
                || joinedTeams().stream().anyMatch(team -> "admin".equals(team.userRole()));
    }

    /** Fails with NOT_ENFORCED naming the first field that only a key has, for a user that is made without one. */
    void requireNothingOfAKey() {
        var ofKey = new TreeMap<String, Object>();
        ofKey.put("aliases", aliases);
        ofKey.put("model_rpm_limit", modelRpmLimit);
        ofKey.put("model_tpm_limit", modelTpmLimit);
        ofKey.put("guardrails", guardrails);
        ofKey.put("tags", tags);
        ofKey.forEach((field, value) -> {
            boolean asked =
                    value instanceof Map<?, ?> map ? !map.isEmpty() : value instanceof List<?> list && !list.isEmpty();
            if (asked) {
                throw Problem.of(ProblemCode.NOT_ENFORCED)
                        .param(field)
                        .detail(
                                "%s is for the key that is made with a user, and this one gets none: give it to /key/generate",
                                field);
            }
        });
    }

    /** The teams to join, each once. The older single field comes first and wins. */
    List<InTeam> joinedTeams() {
        var joined = new HashMap<String, InTeam>();
        var ordered = new ArrayList<InTeam>();
        if (teamId != null && !teamId.isBlank()) {
            ordered.add(InTeam.ofId(teamId));
        }
        ordered.addAll(teams == null ? List.of() : teams);
        ordered.removeIf(team -> joined.putIfAbsent(team.teamId(), team) != null);
        return ordered;
    }

    /** The organizations to join, each once. */
    List<String> joinedOrganizations() {
        var joined = new LinkedHashSet<>(organizations == null ? List.<String>of() : organizations);
        if (organizationId != null && !organizationId.isBlank()) {
            joined.add(organizationId);
        }
        return List.copyOf(joined);
    }

    private UserRequestLimits requestLimits() {
        return new UserRequestLimits(
                Patch.to(allowedModelRegion),
                Patch.to(allowedModelMaxInputTokens),
                Patch.to(allowedModelMaxOutputTokens));
    }

    /** The user alone; what is left out, null or empty is taken from the defaults. Fails naming the first field that cannot be honoured. */
    User toUser(String actor, UserDefaults.Terms defaults) {
        UnsupportedFields.refuse(others, UnsupportedFields.OF_USERS);
        UnsupportedFields.refuseRatesInMetadata(metadata);
        var user = new User();
        user.userId = Ids.chosenOrRandom(userId, "user_id");
        user.userEmail = userEmail == null || userEmail.isBlank() ? null : userEmail.trim();
        user.userAlias = userAlias;
        user.ssoUserId = ssoUserId == null || ssoUserId.isBlank() ? null : ssoUserId;
        user.userRole = userRole == null ? defaults.role() : userRole;
        user.models = models == null || models.isEmpty() ? defaults.models() : models;
        user.limits = LimitColumns.of(
                        maxBudget == null ? defaults.maxBudget() : maxBudget,
                        softBudget,
                        budgetDuration == null ? defaults.budgetDuration() : budgetDuration,
                        tpmLimit,
                        rpmLimit,
                        maxParallelRequests)
                .withFurther(others);
        user.blocked = Boolean.TRUE.equals(blocked);
        user.metadata = new HashMap<>(metadata == null ? Map.of() : metadata);
        UnsupportedFields.refuseInMetadata(user.metadata);
        requestLimits().applyTo(user);
        user.createdAt = Instant.now().truncatedTo(ChronoUnit.MICROS);
        user.updatedAt = user.createdAt;
        user.createdBy = actor;
        user.updatedBy = actor;
        return user;
    }
}
