package io.tenantry.tenancy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import io.tenantry.core.Problem;
import io.tenantry.core.ProblemCode;
import java.util.List;
import java.util.Set;
import org.eclipse.microprofile.openapi.annotations.media.Schema;

/** Changes of many users, each its own, or one change of all users. */
@JsonNaming(PropertyNamingStrategies.SnakeCaseStrategy.class)
public record BulkUpdateUsersRequest(
        @Schema(description = "Bodies of /user/update, 10,000 at most", implementation = Object.class)
        JsonNode users,

        @Schema(description = "Whether user_updates is meant for every user")
        Boolean allUsers,

        @Schema(description = "A body of /user/update without ids", implementation = Object.class)
        JsonNode userUpdates,

        @Schema(description = "All or none; the same as the query parameter")
        Boolean atomic) {

    private static final Set<String> NAMES = Set.of("user_id", "user_email", "sso_user_id");

    /** Clients ask for it in either place. */
    boolean atomicOr(boolean query) {
        return query || Boolean.TRUE.equals(atomic);
    }

    boolean forAll() {
        return Boolean.TRUE.equals(allUsers);
    }

    /** Fails with INVALID_VALUE unless the request says exactly one of the two things that it can say. */
    void requireOneForm() {
        if (forAll() == (users != null && !users.isNull())) {
            throw invalid("users", "Send either users, or all_users: true with user_updates");
        }
        if (forAll() && (userUpdates == null || !userUpdates.isObject() || userUpdates.isEmpty())) {
            throw invalid("user_updates", "user_updates must say what is to be changed");
        }
        if (forAll()) {
            NAMES.stream().filter(userUpdates::has).sorted().findFirst().ifPresent(name -> {
                throw invalid("user_updates", name + " cannot be the same for all users");
            });
        }
    }

    List<JsonNode> items() {
        return BulkItems.of(users, "users");
    }

    /** Whether any item would change a role, whatever to. */
    boolean changesRoles() {
        if (forAll()) {
            return userUpdates.has("user_role");
        }
        return items().stream().anyMatch(item -> item.has("user_role"));
    }

    private static Problem invalid(String field, String detail) {
        return Problem.of(ProblemCode.INVALID_VALUE).param(field).detail("%s", detail);
    }
}
