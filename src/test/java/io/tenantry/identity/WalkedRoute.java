package io.tenantry.identity;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;

/**
 * One line of {@code permission-walk.txt}.
 *
 * @param action null for the admission API, which knows only gateways
 * @param seenBy what the caller may see without being allowed to change it; null where that makes no difference
 */
record WalkedRoute(
        String method, String path, String actionName, Action action, Action seenBy, Target target, String request) {

    /** What a route is about. */
    enum Target {
        ORGANIZATION,
        TEAM,
        USER,
        KEY,
        /** Somebody else, where only one's own may be changed: refused whether or not there is such a one. */
        OTHER,
        /** The caller's own place in a team. */
        MEMBERSHIP,
        NONE
    }

    private static final Path FILE = Path.of("src/test/resources/permission-walk.txt");
    private static final String ADMISSION = "ADMISSION";

    String name() {
        return method + " " + path;
    }

    boolean isAdmission() {
        return actionName.equals(ADMISSION);
    }

    /** Whether this build has the action at all. */
    boolean isKnown() {
        return action != null || isAdmission();
    }

    static List<WalkedRoute> all() {
        try {
            return Files.readAllLines(FILE).stream()
                    .filter(line -> !line.isBlank() && !line.startsWith("#"))
                    .map(WalkedRoute::of)
                    .toList();
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
    }

    private static WalkedRoute of(String line) {
        var parts = line.split("\\|", 4);
        var route = parts[0].strip().split(" ");
        var actions = parts[1].strip().split("/");
        return new WalkedRoute(
                route[0],
                route[1],
                actions[0],
                action(actions[0]),
                actions.length > 1 ? action(actions[1]) : null,
                Target.valueOf(parts[2].strip().toUpperCase()),
                parts.length > 3 ? parts[3].strip() : "");
    }

    private static Action action(String name) {
        return Arrays.stream(Action.values())
                .filter(action -> action.name().equals(name))
                .findFirst()
                .orElse(null);
    }
}
