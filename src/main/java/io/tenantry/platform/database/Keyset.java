package io.tenantry.platform.database;

import io.vertx.mutiny.sqlclient.Row;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * An order in which a place can be found again, whatever came or went before it: a page that begins after the last row of the one before repeats
 * nothing and skips nothing, and nothing has to be counted off. The last column tells rows apart.
 */
public record Keyset(List<Column> columns) {

    /** Where rows without a value are: what PostgreSQL does by itself, or the opposite. */
    public enum Nulls {
        NONE,
        FIRST,
        LAST
    }

    /** One column of the order. */
    public record Column(String sql, boolean ascending, Nulls nulls) {

        public static Column of(String sql, boolean ascending) {
            return new Column(sql, ascending, Nulls.NONE);
        }

        /** Rows without a value where PostgreSQL puts them: last when it goes up, first when it goes down. */
        public static Column nullable(String sql, boolean ascending) {
            return new Column(sql, ascending, ascending ? Nulls.LAST : Nulls.FIRST);
        }

        private String orderBy() {
            var nullsAreElsewhere = nulls != Nulls.NONE && (nulls == Nulls.LAST) != ascending;
            return sql
                    + (ascending ? " asc" : " desc")
                    + (nullsAreElsewhere ? " nulls " + nulls.name().toLowerCase(Locale.ROOT) : "");
        }

        private String beyond(Object value, Function<Object, String> parameter) {
            if (value == null) {
                return nulls == Nulls.FIRST ? sql + " is not null" : "false";
            }
            var beyond = sql + (ascending ? " > " : " < ") + parameter.apply(value);
            return nulls == Nulls.LAST ? "(" + beyond + " or " + sql + " is null)" : beyond;
        }

        private String equal(Object value, Function<Object, String> parameter) {
            return value == null ? sql + " is null" : sql + " = " + parameter.apply(value);
        }

        /** What an index can begin at; null where rows without a value follow or are left. */
        private String bound(Object value, Function<Object, String> parameter) {
            return value == null || nulls == Nulls.LAST
                    ? null
                    : sql + (ascending ? " >= " : " <= ") + parameter.apply(value);
        }
    }

    public Keyset {
        columns = List.copyOf(columns);
    }

    /** What follows {@code order by}. */
    public String orderBy() {
        return String.join(", ", columns.stream().map(Column::orderBy).toList());
    }

    /** The columns for a select, as {@link #placeOf} finds them again in its rows. */
    public String selected() {
        return IntStream.range(0, columns.size())
                .mapToObj(i -> columns.get(i).sql() + " as place_" + i)
                .collect(Collectors.joining(", "));
    }

    /** Where this row is in the order. */
    List<Object> placeOf(Row row) {
        return IntStream.range(0, columns.size())
                .mapToObj(i -> row.getValue("place_" + i))
                .toList();
    }

    /**
     * The condition that a row comes after a place.
     *
     * @param place     a value for each column
     * @param parameter makes a value part of the statement and says how it is written there
     */
    public String after(List<?> place, Function<Object, String> parameter) {
        var cases = new ArrayList<String>();
        var equals = new ArrayList<String>();
        for (int i = 0; i < columns.size(); i++) {
            var column = columns.get(i);
            var all = new ArrayList<>(equals);
            all.add(column.beyond(place.get(i), parameter));
            cases.add("(" + String.join(" and ", all) + ")");
            if (i < columns.size() - 1) {
                equals.add(column.equal(place.get(i), parameter));
            }
        }
        var after = "(" + String.join(" or ", cases) + ")";
        var bound = columns.get(0).bound(place.get(0), parameter);
        return bound == null ? after : bound + " and " + after;
    }
}
