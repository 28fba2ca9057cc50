package io.tenantry.keys;

import io.vertx.mutiny.sqlclient.Tuple;
import java.util.ArrayList;
import java.util.List;

/** The values of a statement that is put together, in the order of their numbers. */
final class Parameters {

    private final List<Object> values = new ArrayList<>();

    /** The number of one more value, as the statement writes it. */
    String next(Object value) {
        values.add(value);
        return "$" + values.size();
    }

    /** The condition with a number for each {@code ?}; each stands for the next value. */
    String in(String condition, Object... more) {
        var numbered = new StringBuilder();
        int next = 0;
        for (char c : condition.toCharArray()) {
            if (c == '?') {
                numbered.append(next(more[next++]));
            } else {
                numbered.append(c);
            }
        }
        return numbered.toString();
    }

    List<Object> values() {
        return List.copyOf(values);
    }

    Tuple tuple() {
        return Tuple.from(values);
    }
}
