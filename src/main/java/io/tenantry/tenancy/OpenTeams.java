package io.tenantry.tenancy;

import io.smallrye.mutiny.Uni;
import io.tenantry.core.Caller;
import io.tenantry.identity.Scope;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** What the operator has configured about teams: those that everybody may join, and the metadata that forms should ask for. */
@ApplicationScoped
class OpenTeams {

    private final TeamsConfig config;
    private final TeamPages pages;

    OpenTeams(TeamsConfig config, TeamPages pages) {
        this.config = config;
        this.pages = pages;
    }

    /** The open teams that the caller is not in. */
    Uni<List<TeamView>> of(Scope scope) {
        return ids().isEmpty() ? Uni.createFrom().item(List.of()) : pages.open(scope, ids());
    }

    /** Whether a request is a user's who joins an open team, plainly: as a member, without limits or models of its own. */
    boolean isJoining(Caller caller, AddTeamMembersRequest request) {
        return ids().contains(request.teamId())
                && caller.userId() != null
                && !caller.isAdmin()
                && request.member().size() == 1
                && caller.userId().equals(request.member().get(0).userId())
                && request.member().get(0).userEmail() == null
                && "user".equals(request.member().get(0).role())
                && !request.limits().isPresent()
                && request.models().isEmpty();
    }

    /** The metadata that teams should have. */
    List<Map<String, String>> metadataFields() {
        return config.metadataFields().orElse(List.of()).stream()
                .map(OpenTeams::field)
                .toList();
    }

    private static Map<String, String> field(String entry) {
        int separator = entry.indexOf('=');
        var field = new TreeMap<String, String>();
        field.put("key", separator < 0 ? entry : entry.substring(0, separator));
        field.put("label", separator < 0 ? entry : entry.substring(separator + 1));
        return field;
    }

    private List<String> ids() {
        return config.open().orElse(List.of());
    }
}
