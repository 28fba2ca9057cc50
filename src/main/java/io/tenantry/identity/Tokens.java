package io.tenantry.identity;

import io.quarkus.runtime.StartupEvent;
import io.smallrye.mutiny.Uni;
import io.tenantry.core.Caller;
import io.tenantry.core.Problem;
import io.tenantry.core.ProblemCode;
import io.tenantry.core.Role;
import io.tenantry.identity.TokenSubjects.Known;
import io.tenantry.identity.TokenSubjects.KnownTeam;
import io.tenantry.identity.TokenSubjects.Named;
import io.tenantry.platform.stores.StartRefused;
import io.vertx.core.Vertx;
import jakarta.annotation.Priority;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import java.util.List;
import java.util.Locale;

/** Callers who bring a token of an identity provider: what it says, joined with what is known here. */
@ApplicationScoped
public class Tokens {

    private final JwtConfig config;
    private final TokenSubjects subjects;
    private final CurrentCaller current;
    private final TokenVerifier verifier;

    Tokens(JwtConfig config, TokenSubjects subjects, CurrentCaller current, Vertx vertx) {
        this.config = config;
        this.subjects = subjects;
        this.current = current;
        this.verifier = isOn(config) ? new TokenVerifier(config, keys(config, vertx)) : null;
        if (isOn(config)) {
            requireSafe(config);
        }
    }

    /** Makes the check part of the start, before anything listens. */
    void checkAtStart(@Observes @Priority(1) StartupEvent start) {
        // building this bean did it
    }

    private static boolean isOn(JwtConfig config) {
        return config.publicKey().isPresent() || config.jwksLocation().isPresent();
    }

    private static TokenKeys keys(JwtConfig config, Vertx vertx) {
        if (config.publicKey().isPresent()) {
            var fixed = fixedKey(config.publicKey().get());
            return keyId -> Uni.createFrom().item(fixed);
        }
        return new PublishedKeys(vertx, config.jwksLocation().get(), config.keysLifetime(), config.keysTimeout());
    }

    private static KeySet fixedKey(String pem) {
        try {
            return KeySet.ofPem(pem);
        } catch (IllegalArgumentException unreadable) {
            throw new StartRefused("tenantry.jwt.public-key is no public key in PEM (RSA, EC or Ed25519).");
        }
    }

    /** Fails with StartRefused for settings with which too many tokens would open the door, or none. */
    static void requireSafe(JwtConfig config) {
        if (config.audience().orElse(List.of()).stream().allMatch(String::isBlank)) {
            throw new StartRefused(
                    "tenantry.jwt.audience is not set: any token that the provider issues, for whatever application, would be accepted. Set it to the audience that the provider writes into tokens for this service.");
        }
        config.jwksLocation().filter(url -> !url.matches("https?://.+")).ifPresent(url -> {
            throw new StartRefused("tenantry.jwt.jwks-location must be an http or https URL.");
        });
        for (var mapping : config.roles().orElse(List.of())) {
            if (!mapping.contains("=") || TokenClaims.ourRole(mapping).isEmpty()) {
                throw new StartRefused(
                        "tenantry.jwt.roles: '%s' is not of the form their-role=our-role, where ours is proxy_admin, proxy_admin_viewer, internal_user, internal_user_viewer or gateway."
                                .formatted(mapping));
            }
        }
    }

    /** Whether the credential is a token and tokens are accepted at all. */
    boolean accept(String credential) {
        return verifier != null && Credential.isToken(credential);
    }

    /** A caller of the management API. Users and memberships are made where that is configured. */
    Uni<Caller> authenticate(String token, String wantedTeam) {
        return verifier.verify(token).map(claims -> claims.choosing(wantedTeam)).flatMap(claims -> known(claims)
                .flatMap(known -> withUser(claims, known))
                .flatMap(known -> withMemberships(claims, known))
                .map(known -> caller(claims, known)));
    }

    /**
     * A proxy, for which nothing is looked up: its role has to be in the token itself. It is withdrawn where it was given, at the provider; a key of
     * type gateway can be blocked here.
     */
    Uni<Caller> enter(String token) {
        return verifier.verify(token)
                .map(claims -> new Caller(
                        claims.role() == null ? Role.INTERNAL_USER : claims.role(),
                        claims.userId(),
                        null,
                        null,
                        null,
                        List.of()));
    }

    private Uni<Known> known(TokenClaims claims) {
        return subjects.find(named(claims)).invoke(known -> requireKnown(claims, known));
    }

    private static Named named(TokenClaims claims) {
        return new Named(claims.userId(), claims.email(), claims.teams(), claims.organization());
    }

    private static void requireKnown(TokenClaims claims, Known known) {
        if (claims.team() != null
                && known.teams().stream().noneMatch(team -> team.teamId().equals(claims.team()))) {
            throw unknown("team", claims.team());
        }
        if (!claims.teams().isEmpty() && known.teams().isEmpty()) {
            throw unknown("teams", String.join(", ", claims.teams()));
        }
        if (claims.organization() != null && !known.organizationExists()) {
            throw unknown("organization", claims.organization());
        }
        var teamBlocked = known.teams().stream()
                .anyMatch(team -> team.blocked() && team.teamId().equals(claims.team()));
        if (known.userBlocked() || known.organizationBlocked() || teamBlocked) {
            throw Problem.of(ProblemCode.BLOCKED).detail("The user, team or organization of the token is blocked");
        }
    }

    private static Problem unknown(String what, String name) {
        return Problem.of(ProblemCode.UNKNOWN_SUBJECT).detail("The token's %s '%s' does not exist here", what, name);
    }

    private Uni<Known> withUser(TokenClaims claims, Known known) {
        if (known.userId() != null || claims.userId() == null || !mayBeMade(claims)) {
            return Uni.createFrom().item(known);
        }
        // the trail says that the user was made by itself
        current.set(new Caller(Role.INTERNAL_USER, claims.userId(), null, null, null, List.of()), null);
        return subjects.makeUser(named(claims)).chain(() -> known(claims));
    }

    private boolean mayBeMade(TokenClaims claims) {
        if (!config.userUpsert()) {
            return false;
        }
        var domains = config.userEmailDomains().orElse(List.of());
        var email = claims.email() == null ? "" : claims.email().toLowerCase(Locale.ROOT);
        return domains.isEmpty()
                || domains.stream().anyMatch(domain -> email.endsWith("@" + domain.toLowerCase(Locale.ROOT)));
    }

    private Uni<Known> withMemberships(TokenClaims claims, Known known) {
        if (!config.membershipUpsert() || known.userId() == null || known.memberOfAll()) {
            return Uni.createFrom().item(known);
        }
        current.set(caller(claims, known), null);
        var teams = known.teams().stream().map(KnownTeam::teamId).toList();
        return subjects.join(known.userId(), teams, claims.organization()).replaceWith(known);
    }

    private static Caller caller(TokenClaims claims, Known known) {
        var team = known.teams().stream()
                .filter(one -> one.teamId().equals(claims.team()))
                .findFirst()
                .orElse(null);
        var organization =
                team != null && team.organizationId() != null ? team.organizationId() : claims.organization();
        var teamId = team == null ? null : team.teamId();
        if (known.userId() != null || isGlobal(claims.role())) {
            var role = claims.role() != null ? claims.role() : Role.ofUser(known.userRole());
            var userId = known.userId() != null ? known.userId() : claims.userId();
            return new Caller(role, userId, null, teamId, organization, List.of());
        }
        if (teamId == null) {
            throw Problem.of(ProblemCode.UNKNOWN_SUBJECT)
                    .detail(
                            "The token's user '%s' does not exist here, and it names no team. Users are made by an admin, or on their first call where tenantry.jwt.user-upsert is on",
                            claims.userId());
        }
        return new Caller(Role.KEY_ONLY, null, null, teamId, organization, List.of());
    }

    /** A role that needs no user of ours. */
    private static boolean isGlobal(Role role) {
        return role == Role.PROXY_ADMIN || role == Role.PROXY_ADMIN_VIEWER || role == Role.GATEWAY;
    }
}
