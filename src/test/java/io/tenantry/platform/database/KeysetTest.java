package io.tenantry.platform.database;

import static org.assertj.core.api.Assertions.assertThat;

import io.tenantry.platform.database.Keyset.Column;
import io.tenantry.platform.database.Keyset.Nulls;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

class KeysetTest {

    private static final Column ID = Column.of("id", true);

    private static String after(Column first, Object... place) {
        return new Keyset(List.of(first, ID)).after(Arrays.asList(place), String::valueOf);
    }

    @Test
    void the_order_says_only_what_the_database_would_not_do_by_itself() {
        assertThat(new Keyset(List.of(Column.nullable("a", false), ID)).orderBy())
                .isEqualTo("a desc, id asc");
        assertThat(new Keyset(List.of(Column.nullable("a", true), ID)).orderBy())
                .isEqualTo("a asc, id asc");
        assertThat(new Keyset(List.of(new Column("a", false, Nulls.LAST), ID)).orderBy())
                .isEqualTo("a desc nulls last, id asc");
    }

    @Test
    void an_index_begins_at_the_place() {
        assertThat(after(Column.of("a", false), 5, 7)).isEqualTo("a <= 5 and ((a < 5) or (a = 5 and id > 7))");
    }

    @Test
    void every_value_that_is_made_part_of_the_statement_is_in_it() {
        var values = new ArrayList<Object>();
        var condition = new Keyset(List.of(Column.of("a", true), ID)).after(List.of(5, 7), value -> {
            values.add(value);
            return "$" + values.size();
        });
        assertThat(condition).isEqualTo("a >= $4 and ((a > $1) or (a = $2 and id > $3))");
        assertThat(values).hasSize(4);
    }

    @Test
    void rows_without_a_value_come_where_the_order_has_them() {
        assertThat(after(Column.nullable("a", true), 5, 7)).isEqualTo("(((a > 5 or a is null)) or (a = 5 and id > 7))");
        assertThat(after(Column.nullable("a", true), null, 7)).isEqualTo("((false) or (a is null and id > 7))");
        assertThat(after(Column.nullable("a", false), null, 7))
                .isEqualTo("((a is not null) or (a is null and id > 7))");
    }
}
