package io.tenantry.identity;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/** Callers with a token of an identity provider. On as soon as a public key or the location of keys is given. */
@ConfigMapping(prefix = "tenantry.jwt")
public interface JwtConfig {

    /** Who must have issued a token, as its {@code iss} says. */
    Optional<String> issuer();

    /** For whom a token must be meant: one of these in its {@code aud}. Required, or any token of the provider would open the door. */
    Optional<List<String>> audience();

    /** The provider's public key in PEM, where it is fixed. */
    Optional<String> publicKey();

    /** Where the provider publishes its keys (JWKS), an http or https URL. */
    Optional<String> jwksLocation();

    /** How long published keys are used before they are asked for again. Unknown key ids are asked for at once, at most every 10 s. */
    @WithDefault("10m")
    Duration keysLifetime();

    /** How long asking for the keys may take. While the provider is away the last keys are used. */
    @WithDefault("2s")
    Duration keysTimeout();

    /** How far the provider's clock may be from ours. */
    @WithDefault("30s")
    Duration clockSkew();

    /** How long a token that was found good is not verified again. Its expiry, and blocks of its user, count at once all the same. */
    @WithDefault("1m")
    Duration verifiedFor();

    /** The claim with the user's id. Dots lead into objects. */
    @WithDefault("sub")
    String userIdClaim();

    /** The claim with the user's e-mail address, by which a user is found whose id is not known here. */
    @WithDefault("email")
    String userEmailClaim();

    /** The claim with the one team that a token speaks for. */
    Optional<String> teamClaim();

    /** The claim with the list of the user's teams. */
    Optional<String> teamsClaim();

    /** The team of a token that names none. */
    Optional<String> defaultTeam();

    /** The claim with the organization. */
    Optional<String> organizationClaim();

    /** The claim with the provider's roles, a text or a list. */
    Optional<String> rolesClaim();

    /** What the provider's roles mean here: entries as {@code idp-role=internal_user}, or proxy_admin, proxy_admin_viewer, internal_user_viewer, gateway. */
    Optional<List<String>> roles();

    /** The scope that makes a caller proxy admin. */
    @WithDefault("litellm_proxy_admin")
    String adminScope();

    /** The scope that makes a caller a gateway, which may ask for admissions. */
    @WithDefault("tenantry_gateway")
    String gatewayScope();

    /** Whether a user who is not known yet is made, as internal_user. */
    @WithDefault("false")
    boolean userUpsert();

    /** With {@code user-upsert}: only users with an address of these domains are made. */
    Optional<List<String>> userEmailDomains();

    /** Whether a known user joins the teams and the organization that the token names. Nobody is removed. */
    @WithDefault("false")
    boolean membershipUpsert();
}
