package io.tenantry.docs;

import static org.assertj.core.api.Assertions.assertThat;

import io.tenantry.core.ProblemCode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class ErrorsPageTest {

    @ParameterizedTest
    @EnumSource(ProblemCode.class)
    void every_problem_is_documented_with_its_status_and_type(ProblemCode code) throws IOException {
        assertThat(Files.readString(Path.of("docs/errors.md")))
                .contains("| `%s` | %d | `%s` |".formatted(code.name(), code.status, code.type));
    }
}
