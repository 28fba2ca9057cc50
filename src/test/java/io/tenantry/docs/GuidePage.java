package io.tenantry.docs;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;

/**
 * The commands of a page and what it says about them. A block {@code sh} is run; each {@code api …} in it answers 200, or the status behind it
 * ({@code # 403}). A block {@code json} after it is the last of these answers, shortened; a block {@code text} has lines of what is printed.
 */
final class GuidePage {

    private static final String FENCE = "```";
    private static final Pattern CALL = Pattern.compile("(?m)^(?:[A-Z]+=\\S+ )*api [A-Z]+ ");
    private static final Pattern STATUS = Pattern.compile("(?m) # (\\d{3})$");
    private static final ObjectMapper JSON =
            new ObjectMapper().enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS);

    private final Path page;
    private final List<Step> steps = new ArrayList<>();

    /** One block of commands. What is not said about it is null. */
    record Step(String place, String commands, List<Integer> statuses, JsonNode answer, List<String> output) {

        Step withAnswer(JsonNode said) {
            return new Step(place, commands, statuses, said, output);
        }

        Step withOutput(List<String> said) {
            return new Step(place, commands, statuses, answer, said);
        }
    }

    private GuidePage(Path page) {
        this.page = page;
    }

    static List<Step> steps(Path page) throws IOException {
        var guide = new GuidePage(page);
        guide.read(Files.readAllLines(page));
        return guide.steps;
    }

    private void read(List<String> lines) {
        var chapter = "";
        for (int at = 0; at < lines.size(); at++) {
            var line = lines.get(at);
            if (line.startsWith("## ")) {
                chapter = line.substring(3);
            } else if (line.startsWith(FENCE)) {
                int end = at + 1;
                while (!lines.get(end).equals(FENCE)) {
                    end++;
                }
                block(
                        line.substring(FENCE.length()),
                        page + ":" + (at + 1) + " (" + chapter + ")",
                        lines.subList(at + 1, end));
                at = end;
            }
        }
    }

    private void block(String language, String place, List<String> content) {
        var text = String.join("\n", content);
        switch (language) {
            case "sh" -> steps.add(new Step(place, text, statuses(text), null, List.of()));
            case "json" -> steps.add(last(place).withAnswer(json(place, text)));
            case "text" -> steps.add(last(place).withOutput(content));
            default -> throw new AssertionError(place + ": a block is sh, json or text, not '" + language + "'");
        }
    }

    private Step last(String place) {
        if (steps.isEmpty()) {
            throw new AssertionError(place + ": there is no command before this answer");
        }
        return steps.remove(steps.size() - 1);
    }

    private static List<Integer> statuses(String commands) {
        var statuses = new ArrayList<Integer>();
        var calls = CALL.matcher(commands).results().toList();
        for (int call = 0; call < calls.size(); call++) {
            int end = call + 1 < calls.size() ? calls.get(call + 1).start() : commands.length();
            var status = STATUS.matcher(commands.substring(calls.get(call).start(), end));
            statuses.add(status.find() ? Integer.parseInt(status.group(1)) : 200);
        }
        return statuses;
    }

    static JsonNode json(String place, String text) {
        try {
            return JSON.readTree(text);
        } catch (JsonProcessingException unreadable) {
            throw new AssertionError(
                    place + " is no JSON: " + unreadable.getOriginalMessage() + "\n" + text, unreadable);
        }
    }
}
