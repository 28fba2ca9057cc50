package io.tenantry.docs;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** {@code docs/configuration.md} is made from the Javadoc and the defaults of the configuration interfaces, and this pins both. */
class ConfigurationPageTest {

    private static final Path PAGE = Path.of("docs/configuration.md");
    private static final Path FRESH = Path.of("target/configuration.md");
    private static final Pattern PREFIX = Pattern.compile("@ConfigMapping\\(prefix = \"([^\"]+)\"\\)");
    private static final Pattern SETTING = Pattern.compile(
            "/\\*\\*([^/]*?(?:/(?!\\*)[^/]*?)*?)\\*/\\s+(?:@WithDefault\\(\"([^\"]*)\"\\)\\s+)?[\\w<>.]+ (\\w+)\\(\\);");

    private static final String HEAD = """
            # Configuration

            This page is made from the source; `ConfigurationPageTest` keeps it so.

            Settings are system properties (`-Dtenantry.limits.timeout=80ms`), environment variables (`TENANTRY_LIMITS_TIMEOUT=80ms`) or lines in
            `config/application.properties` beside the jar. Durations are written as `50ms`, `2s`, `15m`. A wrong value stops the start.

            | short name | what it is |
            |---|---|
            | `DATABASE_URL` | `postgresql://user:password@host:5432/db`, special characters percent-encoded; `?sslmode=require` works |
            | `REDIS_URL` | `redis://[:password@]host:6379[/db]`, or `rediss://` for TLS; Sentinel and Cluster: see redis.md |
            | `TENANTRY_MASTER_KEY` | the key that may do everything: `sk-` and at least 24 random characters |
            | `tenantry.embedded.directory` | where embedded stores keep their data when the two URLs are absent; `.tenantry` |
            | `QUARKUS_HTTP_PORT` | the port; 8080 |

            | setting | default | what it does |
            |---|---|---|
            """;

    @Test
    void the_page_lists_every_setting_with_its_default() throws IOException {
        var fresh = HEAD + settings();
        Files.createDirectories(FRESH.getParent());
        Files.writeString(FRESH, fresh);
        if (Boolean.getBoolean("pages.update")) {
            Files.writeString(PAGE, fresh);
        }

        assertThat(Files.readString(PAGE))
                .as("run with -Dpages.update=true, or copy %s over %s", FRESH, PAGE)
                .isEqualTo(fresh);
    }

    private static String settings() throws IOException {
        try (var files = Files.walk(Path.of("src/main/java"))) {
            return files.filter(file -> file.toString().endsWith("Config.java"))
                    .sorted()
                    .map(ConfigurationPageTest::settingsOf)
                    .collect(Collectors.joining());
        }
    }

    private static String settingsOf(Path file) {
        var source = read(file);
        var prefix = PREFIX.matcher(source);
        if (!prefix.find()) {
            return "";
        }
        var body = source.substring(source.indexOf('{', prefix.end()));
        return SETTING.matcher(body)
                .results()
                .map(setting -> row(prefix.group(1), setting))
                .collect(Collectors.joining());
    }

    private static String row(String prefix, MatchResult setting) {
        var name = setting.group(3).replaceAll("([a-z0-9])([A-Z])", "$1-$2").toLowerCase(Locale.ROOT);
        var text = setting.group(1)
                .replaceAll("\\s*\\n\\s*\\*?\\s*", " ")
                .replaceAll("\\{@(?:code|link) #?([^}]*)}", "`$1`")
                .replace("|", "\\|")
                .strip();
        var value = setting.group(2) == null ? "" : "`" + setting.group(2) + "`";
        return "| `%s.%s` | %s | %s |%n".formatted(prefix, name, value, text);
    }

    private static String read(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
    }
}
