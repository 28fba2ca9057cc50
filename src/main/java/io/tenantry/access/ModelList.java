package io.tenantry.access;

import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * The models that one level allows. An empty list, {@code *} and {@code all-proxy-models} allow every model; a star inside a name stands for
 * any text, everything else for itself: {@code gpt-4.1*} does not match {@code gpt-4x1}.
 */
public final class ModelList {

    /** On a key: whatever its team may use. */
    public static final String ALL_TEAM_MODELS = "all-team-models";

    /** On a user: nothing with personal keys. */
    public static final String NO_DEFAULT_MODELS = "no-default-models";

    private static final List<String> EVERYTHING = List.of("*", "all-proxy-models", ALL_TEAM_MODELS);

    private final List<String> entries;
    private final boolean everything;
    private final Pattern wildcards;

    private ModelList(List<String> entries) {
        this.entries = entries;
        this.everything = entries.isEmpty() || entries.stream().anyMatch(EVERYTHING::contains);
        this.wildcards = wildcards(entries);
    }

    public static ModelList of(List<String> entries) {
        return new ModelList(List.copyOf(entries));
    }

    /** Whether the model may be used, under any of the names it goes by. */
    public boolean allows(String model, String alias) {
        return everything || allowsName(model) || (!alias.equals(model) && allowsName(alias));
    }

    public List<String> entries() {
        return entries;
    }

    private boolean allowsName(String name) {
        return entries.contains(name)
                || (wildcards != null && wildcards.matcher(name).matches());
    }

    private static Pattern wildcards(List<String> entries) {
        var alternatives = entries.stream()
                .filter(entry -> entry.indexOf('*') >= 0)
                .map(ModelList::anchored)
                .collect(Collectors.joining("|"));
        return alternatives.isEmpty() ? null : Pattern.compile(alternatives, Pattern.DOTALL);
    }

    private static String anchored(String entry) {
        return Stream.of(entry.split("\\*", -1)).map(Pattern::quote).collect(Collectors.joining(".*"));
    }
}
