package io.tenantry.identity;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** {@code docs/permissions.md} is made from {@link Action} and the list of routes that the walk calls. */
class PermissionsPageTest {

    private static final Path PAGE = Path.of("docs/permissions.md");
    private static final Path FRESH = Path.of("target/permissions.md");

    private static final String HEAD = """
            # Who may do what

            This page is made from `identity/Action` and the list of routes in `permission-walk.txt`; `PermissionsPageTest` keeps it so, and
            `PermissionWalkTest` calls every route below as every role, in the own tenant and in somebody else's.

            | word | what it means |
            |---|---|
            | all | everywhere |
            | organization | what lies in the organizations where the caller has this role |
            | team | what lies in the teams where the caller has this role |
            | own | the caller itself and its own keys |
            | if granted | where the team's `team_member_permissions`, or a switch of the organization, grant it to plain members |
            | – | refused with 403 |

            Roles add up: a team's admin who is also an organization's has both. What lies outside is answered like what does not exist, to the letter: 404, or an empty list.
            Without a credential every route answers 401. A key with `allowed_routes` may call those only. The master key is a proxy admin. A role of a
            token's claims counts as the same role here.

            """;

    @Test
    void the_page_says_what_the_actions_say() throws IOException {
        var fresh = HEAD + table();
        Files.createDirectories(FRESH.getParent());
        Files.writeString(FRESH, fresh);
        if (Boolean.getBoolean("pages.update")) {
            Files.writeString(PAGE, fresh);
        }

        assertThat(Files.readString(PAGE)).as("run with -Dpages.update=true").isEqualTo(fresh);
    }

    private static String table() {
        var roles = Arrays.stream(WalkedRole.values())
                .filter(role -> role != WalkedRole.NOBODY)
                .toList();
        var head = roles.stream().map(role -> role.title).collect(Collectors.joining(" | ", "| route | ", " |\n"));
        var rule = roles.stream().map(role -> "---").collect(Collectors.joining("|", "|---|", "|\n"));
        return WalkedRoute.all().stream()
                .filter(WalkedRoute::isKnown)
                .map(route -> roles.stream()
                        .map(role -> role.cell(route))
                        .collect(Collectors.joining(" | ", "| `" + route.name() + "` | ", " |\n")))
                .collect(Collectors.joining("", head + rule, ""));
    }
}
