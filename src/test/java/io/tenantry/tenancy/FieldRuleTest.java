package io.tenantry.tenancy;

import static io.tenantry.testing.Given.body;
import static org.assertj.core.api.Assertions.assertThat;

import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.tenantry.tenancy.UpdatedEntity.Field;
import io.tenantry.tenancy.UpdatedEntity.Subject;
import io.tenantry.testing.StoresResource;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Absent, null and zero in every field of every update. Each field is changed where all the others have a value as well: one that moves along
 * would be seen.
 */
@QuarkusTest
@QuarkusTestResource(StoresResource.class)
class FieldRuleTest {

    static Stream<UpdatedEntity> entities() {
        return UpdatedEntities.ALL.stream();
    }

    static Stream<Arguments> fields() {
        return entities().flatMap(entity -> entity.fields().stream().map(field -> Arguments.of(entity, field)));
    }

    @ParameterizedTest
    @MethodSource("entities")
    void every_field_of_the_request_is_in_this_test(UpdatedEntity entity) {
        var tested = new TreeSet<>(entity.fields().stream().map(Field::name).toList());
        tested.addAll(entity.elsewhere());

        assertThat(tested).isEqualTo(new TreeSet<>(entity.declared()));
    }

    @ParameterizedTest
    @MethodSource("entities")
    void what_is_given_is_what_is_shown(UpdatedEntity entity) {
        var subject = entity.make();
        subject.update(subject.values());
        assertThat(subject.shown()).isEqualTo(subject.expected());
    }

    @ParameterizedTest
    @MethodSource("fields")
    void absent_stays_null_clears_and_zero_allows_nothing(UpdatedEntity entity, Field field) {
        var subject = entity.make();
        subject.update(subject.values());
        var expected = subject.expected();

        change(subject, field, null);
        expected.put(field.name(), field.cleared());
        assertThat(subject.shown()).as("null").isEqualTo(expected);

        if (field.zero() != null) {
            change(subject, field, field.zero());
            expected.put(field.name(), field.zero());
            if (field.name().startsWith("max_budget")) {
                expected.put("soft_budget", null);
            }
            assertThat(subject.shown()).as("zero").isEqualTo(expected);
        }
    }

    /** A cap of zero has no place for a lower soft one. */
    private static void change(Subject subject, Field field, Object value) {
        var change = body(field.name(), value);
        if (field.name().startsWith("max_budget") && value != null) {
            change.put("soft_budget", null);
        }
        change.putAll(subject.entity().beside(subject, field.name()));
        subject.update(change);
    }
}
