import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * Measures Redis alone with the very call that one real admission made: {@code java bench/Replay.java MONITOR-OUTPUT PORT CONNECTIONS REQUESTS [PIPELINE]}.
 *
 * <p>The call is taken from what {@code redis-cli monitor} showed. Its reservation id becomes a random number, because a repeated id is
 * answered from memory and would flatter Redis. Before and after, the call is made once and must have taken something.
 */
public final class Replay {

    /** What redis-benchmark replaces by a random number in each call. */
    private static final String RANDOM = "__rand_int__";

    /** The largest range that redis-benchmark reads: beyond an int it becomes zero, and every call would repeat the first one. */
    private static final String RANGE = "2147483647";

    private static final String RESERVATION = ":reservation:";
    private static final int FIRST_KEY = 3;
    private static final int LONGEST_MINUTES = 15;

    private Replay() {}

    public static void main(String[] args) throws Exception {
        var call = reserveCall(Files.readAllLines(Path.of(args[0]), StandardCharsets.ISO_8859_1));
        var port = args[1];
        requireTaken(port, call);
        var pipeline = args.length > 4 ? args[4] : "1";
        var command = new ArrayList<>(List.of(
                "redis-benchmark", "-h", "127.0.0.1", "-p", port, "-c", args[2], "-n", args[3], "-P", pipeline, "-r", RANGE, "--csv", "-x"));
        command.addAll(call.subList(0, call.size() - 1));
        report(lines(output(command, last(call))));
        requireTaken(port, call);
    }

    /** The last call that names a reservation; a script's own commands follow it and are marked as such. */
    private static List<String> reserveCall(List<String> monitored) {
        List<String> found = null;
        for (var line : monitored) {
            var words = line.contains(" lua] ") ? List.<String>of() : words(line);
            if (words.size() > FIRST_KEY && words.get(0).equalsIgnoreCase("evalsha") && words.get(FIRST_KEY).contains(RESERVATION)) {
                found = words;
            }
        }
        if (found == null) {
            throw new IllegalStateException("No reservation among the monitored calls: was the admission served without Redis?");
        }
        var name = found.get(FIRST_KEY);
        var call = new ArrayList<>(found);
        call.set(FIRST_KEY, name.substring(0, name.indexOf(RESERVATION) + RESERVATION.length()) + RANDOM);
        return call;
    }

    /** The quoted words of a line of MONITOR, with its escapes undone. */
    private static List<String> words(String line) {
        var words = new ArrayList<String>();
        StringBuilder word = null;
        for (int i = 0; i < line.length(); i++) {
            char c = line.charAt(i);
            if (c == '"') {
                if (word != null) {
                    words.add(word.toString());
                }
                word = word == null ? new StringBuilder() : null;
            } else if (word != null && c == '\\') {
                char escaped = line.charAt(++i);
                if (escaped == 'x') {
                    word.append((char) Integer.parseInt(line.substring(i + 1, i + 3), 16));
                    i += 2;
                } else {
                    word.append(plain(escaped));
                }
            } else if (word != null) {
                word.append(c);
            }
        }
        return words;
    }

    private static char plain(char escaped) {
        return switch (escaped) {
            case 'n' -> '\n';
            case 'r' -> '\r';
            case 't' -> '\t';
            case 'a' -> '\u0007';
            case 'b' -> '\b';
            default -> escaped;
        };
    }

    /** The answer begins with the number 1 where everything was taken, packed as reserve.v2.lua says. */
    private static void requireTaken(String port, List<String> call) throws Exception {
        var command = new ArrayList<>(List.of("redis-cli", "-h", "127.0.0.1", "-p", port, "-x"));
        var unique = "probe" + System.nanoTime();
        call.subList(0, call.size() - 1).forEach(word -> command.add(word.replace(RANDOM, unique)));
        var answer = output(command, last(call));
        if (answer.length < Double.BYTES || ByteBuffer.wrap(answer).getDouble() != 1) {
            throw new IllegalStateException("Redis did not take the reservation but answered " + new String(answer, StandardCharsets.ISO_8859_1));
        }
    }

    /** The packed argument holds any byte, so it goes in by standard input. */
    private static byte[] last(List<String> call) {
        return call.get(call.size() - 1).getBytes(StandardCharsets.ISO_8859_1);
    }

    private static void report(List<String> csv) {
        var names = List.of(csv.get(csv.size() - 2).replace("\"", "").split(","));
        // the name of the test is the whole call, which has commas of its own: count from the end
        var values = List.of(csv.get(csv.size() - 1).split(","));
        System.out.printf(
                "rate=%s p50_us=%s p99_us=%s%n",
                value(names, values, "rps").replaceAll("\\..*", ""),
                micros(value(names, values, "p50_latency_ms")),
                micros(value(names, values, "p99_latency_ms")));
    }

    private static String value(List<String> names, List<String> values, String name) {
        return values.get(values.size() - (names.size() - names.indexOf(name))).replace("\"", "");
    }

    private static long micros(String millis) {
        return Math.round(Double.parseDouble(millis) * 1_000);
    }

    private static List<String> lines(byte[] output) {
        return new String(output, StandardCharsets.UTF_8).lines().filter(line -> !line.isBlank()).toList();
    }

    private static byte[] output(List<String> command, byte[] input) throws IOException, InterruptedException {
        var process = new ProcessBuilder(command).redirectErrorStream(true).start();
        try (var in = process.getOutputStream()) {
            in.write(input);
        }
        var output = process.getInputStream().readAllBytes();
        if (!process.waitFor(LONGEST_MINUTES, TimeUnit.MINUTES) || process.exitValue() != 0) {
            process.destroyForcibly();
            throw new IllegalStateException(command.get(0) + " failed: " + lines(output));
        }
        return output;
    }
}
