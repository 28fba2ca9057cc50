package io.tenantry.docs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;
import static org.junit.jupiter.api.Assumptions.abort;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.RestAssured;
import io.tenantry.docs.GuidePage.Step;
import io.tenantry.testing.Api;
import io.tenantry.testing.StoresResource;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The guide, followed to the letter: all commands in one shell, as somebody pastes them. */
@QuarkusTest
@QuarkusTestResource(StoresResource.class)
class GuideTest {

    private static final Path GUIDE = Path.of("docs/guide.md");
    private static final String MARK = "@@ step ";
    private static final long PATIENCE_SECONDS = 180;

    @TempDir
    Path directory;

    /** What one call printed: its body, headers before it where they were asked for, then the status on a line of its own. */
    private record Answer(String text, int status) {

        String body() {
            var lines = text.lines().toList();
            for (int at = 0; at < lines.size(); at++) {
                if (lines.get(at).startsWith("{") || lines.get(at).startsWith("[")) {
                    return String.join("\n", lines.subList(at, lines.size()));
                }
            }
            return text;
        }
    }

    @Test
    void every_command_of_the_guide_answers_as_it_says() throws Exception {
        var steps = GuidePage.steps(GUIDE);
        assertThat(steps).hasSizeGreaterThan(20);

        var printed = run(steps);

        var problems = new ArrayList<String>();
        for (int step = 0; step < steps.size() && problems.isEmpty(); step++) {
            if (printed.size() <= step) {
                problems.add(
                        steps.get(step).place() + " was not reached; before it was printed:\n" + printed.get(step - 1));
            } else {
                check(steps.get(step), printed.get(step), problems);
            }
        }
        assertThat(problems).isEmpty();
    }

    private static void check(Step step, String printed, List<String> problems) {
        var answers = answers(printed);
        var statuses = answers.stream().map(Answer::status).toList();
        if (!statuses.equals(step.statuses())) {
            problems.add("%s answered %s, the page says %s%n%s%n%s"
                    .formatted(step.place(), statuses, step.statuses(), step.commands(), printed));
        } else if (step.answer() != null) {
            var last = answers.get(answers.size() - 1).body();
            var answer = GuidePage.json("The answer to " + step.place(), last);
            var differences = ShortenedJson.differences(step.answer(), answer);
            if (!differences.isEmpty()) {
                problems.add(step.place() + ": " + String.join("; ", differences) + "\n" + last);
            }
        }
        step.output().stream()
                .filter(line -> printed.lines().noneMatch(found -> ShortenedJson.matches(line, found)))
                .forEach(line -> problems.add(step.place() + " did not print '" + line + "' but\n" + printed));
    }

    private static List<Answer> answers(String printed) {
        var answers = new ArrayList<Answer>();
        var text = new StringBuilder();
        for (var line : printed.lines().toList()) {
            if (line.matches("\\d{3}")) {
                answers.add(new Answer(text.toString(), Integer.parseInt(line)));
                text.setLength(0);
            } else {
                text.append(line).append('\n');
            }
        }
        return answers;
    }

    /** What each step printed; the last ones are missing where the shell gave up. */
    private List<String> run(List<Step> steps) throws IOException, InterruptedException {
        requireTools();
        var script = new StringBuilder();
        for (var step : steps) {
            script.append("echo '")
                    .append(MARK)
                    .append("'\n")
                    .append(step.commands())
                    .append('\n');
        }
        var output = directory.resolve("output");
        var shell = new ProcessBuilder(
                        "bash",
                        "-euo",
                        "pipefail",
                        Files.writeString(directory.resolve("guide.sh"), script).toString())
                .directory(directory.toFile())
                .redirectErrorStream(true)
                .redirectOutput(output.toFile());
        shell.environment().put("TENANTRY", "http://localhost:" + RestAssured.port);
        shell.environment().put("MASTER_KEY", Api.MASTER_KEY);
        shell.environment().put("NO_PROXY", "*");
        var running = shell.start();
        if (!running.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
            running.destroyForcibly().waitFor();
            fail("The guide's commands did not end within %d s:%n%s", PATIENCE_SECONDS, Files.readString(output));
        }
        var printed = List.of(Files.readString(output).split(MARK + "\n", -1));
        return printed.subList(1, printed.size());
    }

    /** A machine with nothing but a JDK passes over this test, and says so. */
    private static void requireTools() throws InterruptedException {
        try {
            var found = new ProcessBuilder("bash", "-c", "command -v curl grep head cut tr").start();
            assumeTrue(found.waitFor() == 0, "the guide's commands need curl, grep, head, cut and tr: one is missing");
        } catch (IOException missing) {
            abort("the guide's commands need bash, which cannot be started: " + missing.getMessage());
        }
    }
}
