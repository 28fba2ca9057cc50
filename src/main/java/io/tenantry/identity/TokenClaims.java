package io.tenantry.identity;

import io.tenantry.core.Problem;
import io.tenantry.core.ProblemCode;
import io.tenantry.core.Role;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * What a verified token says, in our words.
 *
 * @param role         null where the token says nothing of a role: then the stored user's counts
 * @param team         the one team it speaks for; null where it names none or several
 * @param teams        all teams it names
 */
record TokenClaims(
        Role role,
        String userId,
        String email,
        String team,
        List<String> teams,
        String organization,
        Instant expiresAt) {

    /** The mightiest first: of several roles that one counts. */
    private static final List<Role> MIGHT = List.of(
            Role.PROXY_ADMIN, Role.PROXY_ADMIN_VIEWER, Role.GATEWAY, Role.INTERNAL_USER, Role.INTERNAL_USER_VIEWER);

    static TokenClaims of(JwtConfig config, Map<String, Object> claims, Instant expiresAt) {
        var named = text(claims, config.teamClaim().orElse(null));
        var teams = new ArrayList<>(texts(claims, config.teamsClaim().orElse(null)));
        if (named != null && !teams.contains(named)) {
            teams.add(named);
        }
        if (teams.isEmpty()) {
            config.defaultTeam().ifPresent(teams::add);
        }
        var email = Boolean.FALSE.equals(claims.get("email_verified")) ? null : text(claims, config.userEmailClaim());
        return new TokenClaims(
                role(config, claims),
                text(claims, config.userIdClaim()),
                email,
                named != null ? named : teams.size() == 1 ? teams.get(0) : null,
                List.copyOf(teams),
                text(claims, config.organizationClaim().orElse(null)),
                expiresAt);
    }

    /** The same for the one of its teams that the caller chose; fails with FORBIDDEN for a team that it does not name. */
    TokenClaims choosing(String wanted) {
        if (wanted == null || wanted.isBlank()) {
            return this;
        }
        if (!teams.contains(wanted)) {
            throw Problem.of(ProblemCode.FORBIDDEN)
                    .param("x-litellm-team-id")
                    .detail("Not allowed: the token does not name the team that x-litellm-team-id asks for");
        }
        return new TokenClaims(role, userId, email, wanted, teams, organization, expiresAt);
    }

    private static Role role(JwtConfig config, Map<String, Object> claims) {
        var found = new ArrayList<Role>();
        var scopes = Set.copyOf(texts(claims, "scope"));
        if (scopes.contains(config.adminScope())) {
            found.add(Role.PROXY_ADMIN);
        }
        if (scopes.contains(config.gatewayScope())) {
            found.add(Role.GATEWAY);
        }
        var theirs = Set.copyOf(texts(claims, config.rolesClaim().orElse(null)));
        for (var mapping : config.roles().orElse(List.of())) {
            if (theirs.contains(theirWord(mapping))) {
                ourRole(mapping).ifPresent(found::add);
            }
        }
        return MIGHT.stream().filter(found::contains).findFirst().orElse(null);
    }

    private static String theirWord(String mapping) {
        return mapping.substring(0, Math.max(0, mapping.lastIndexOf('='))).strip();
    }

    /** Empty for a role that a token cannot give. */
    static Optional<Role> ourRole(String mapping) {
        var word = mapping.substring(mapping.lastIndexOf('=') + 1).strip();
        return MIGHT.stream().filter(role -> role.wire.equals(word)).findFirst();
    }

    private static String text(Map<String, Object> claims, String path) {
        return value(claims, path) instanceof String text && !text.isBlank() ? text.strip() : null;
    }

    /** A list, or a text with blanks between its words. */
    private static List<String> texts(Map<String, Object> claims, String path) {
        var value = value(claims, path);
        if (value instanceof List<?> list) {
            return list.stream()
                    .filter(String.class::isInstance)
                    .map(String.class::cast)
                    .distinct()
                    .toList();
        }
        return value instanceof String text
                ? Arrays.stream(text.split("\\s+"))
                        .filter(word -> !word.isEmpty())
                        .distinct()
                        .toList()
                : List.of();
    }

    /** A claim of this very name, or the one that the dots lead to. */
    private static Object value(Map<?, ?> claims, String path) {
        if (path == null || claims.containsKey(path)) {
            return path == null ? null : claims.get(path);
        }
        var dot = path.indexOf('.');
        return dot > 0 && claims.get(path.substring(0, dot)) instanceof Map<?, ?> inner
                ? value(inner, path.substring(dot + 1))
                : null;
    }
}
