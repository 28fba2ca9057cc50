package io.tenantry.docs;

import static org.assertj.core.api.Assertions.assertThat;

import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusIntegrationTest;
import io.restassured.RestAssured;
import io.tenantry.testing.Api;
import io.tenantry.testing.StoresResource;
import java.io.IOException;
import java.io.StringWriter;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.Test;

/**
 * A client that a generator makes from {@code docs/openapi.yaml} (see the plugin {@code openapi-generator-maven-plugin}, which validates the document
 * too) compiles, and does with the packaged service what {@code src/test/resources/client/Tour.java} says.
 */
@QuarkusIntegrationTest
@QuarkusTestResource(StoresResource.class)
class GeneratedClientIT {

    private static final Path CLIENT = Path.of("target/generated-client/src/main/java");
    private static final Path TOUR = Path.of("src/test/resources/client/Tour.java");
    private static final Path CLASSES = Path.of("target/generated-client/classes");

    @Test
    void a_client_made_from_the_description_compiles_and_works() throws Exception {
        var messages = compile();
        assertThat(messages).isEmpty();

        try (var classes = new URLClassLoader(
                new URL[] {CLASSES.toUri().toURL()}, getClass().getClassLoader())) {
            classes.loadClass("io.tenantry.tour.Tour")
                    .getMethod("main", String[].class)
                    .invoke(null, (Object) new String[] {"http://localhost:" + RestAssured.port, Api.MASTER_KEY});
        }
    }

    /** Returns what the compiler complains about. */
    private static String compile() throws IOException {
        Files.createDirectories(CLASSES);
        var complaints = new StringWriter();
        var compiler = ToolProvider.getSystemJavaCompiler();
        try (var files = compiler.getStandardFileManager(null, null, null);
                var client = Files.walk(CLIENT)) {
            var sources = Stream.concat(client.filter(file -> file.toString().endsWith(".java")), Stream.of(TOUR))
                    .toList();
            // a test's own class path, where the runner hides it in a jar of its own
            var classPath = System.getProperty("surefire.test.class.path", System.getProperty("java.class.path"));
            var options = List.of(
                    "-d", CLASSES.toString(), "-cp", classPath, "-proc:none", "-nowarn", "-Xlint:none", "-g:none");
            boolean compiled = compiler.getTask(
                            complaints, files, null, options, null, files.getJavaFileObjectsFromPaths(sources))
                    .call();
            return compiled ? "" : complaints.toString();
        }
    }
}
