package io.tenantry.usage;

import io.tenantry.core.SecretHash;
import io.tenantry.identity.Boundary;
import io.vertx.mutiny.sqlclient.Tuple;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.regex.Pattern;

/** The {@code where} of a search for what was booked. It begins with the caller's boundary, so no search can be made without one. */
final class SpendFilter {

    private static final Pattern KEY_ID = Pattern.compile("[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}");

    /** The key's bookings, whichever of its secrets was used. */
    private static final String KEYS_OF_HASH = "(select key_id%1$s from key_secret where secret_hash = ?"
            + " union all select key_id%1$s from deleted_api_key where secret_hash = ?)";

    private final StringBuilder where = new StringBuilder("true");
    private final List<Object> values = new ArrayList<>();

    /** How the table that is searched writes the id of a key: the ledger as it is, the days as text. */
    private final String keyCast;

    private SpendFilter(String keyCast) {
        this.keyCast = keyCast;
    }

    /** For the ledger, as {@code e}. */
    static SpendFilter ofBookings(Boundary boundary, SpendLogsQuery query) {
        return new SpendFilter("").of(boundary, query, "e");
    }

    /** For the days that are kept of it, as {@code d}. */
    static SpendFilter ofDays(Boundary boundary, SpendLogsQuery query) {
        return new SpendFilter("::text").of(boundary, query, "d");
    }

    private SpendFilter of(Boundary boundary, SpendLogsQuery query, String row) {
        within(boundary, row);
        if (query.days() != null) {
            and(row + ".day between ? and ?", query.days().first(), query.days().last());
        }
        if (query.requestId() != null) {
            and(row + ".request_id = ?", query.requestId());
        }
        if (query.userId() != null) {
            and(row + ".user_id = ?", query.userId());
        }
        if (query.apiKey() != null) {
            ofKey(row, query.apiKey());
        }
        return this;
    }

    private void within(Boundary boundary, String row) {
        if (boundary.everything()) {
            return;
        }
        and(
                "(%1$s.organization_id = any(?) or %1$s.team_id = any(?) or %1$s.user_id = ? or %1$s.key_id = ?)"
                        .formatted(row),
                boundary.organizations().toArray(String[]::new),
                boundary.teams().toArray(String[]::new),
                boundary.userId(),
                key(boundary.keyId()));
    }

    private void ofKey(String row, String named) {
        if (KEY_ID.matcher(named).matches()) {
            and(row + ".key_id = ?", key(named));
        } else {
            var hash = SecretHash.ofSecretOrHash(named);
            and(row + ".key_id in " + KEYS_OF_HASH.formatted(keyCast), hash, hash);
        }
    }

    private Object key(String id) {
        var uuid = id == null ? null : UUID.fromString(id);
        return keyCast.isEmpty() || uuid == null ? uuid : uuid.toString();
    }

    /** Adds a condition; each {@code ?} stands for the next value. */
    private void and(String condition, Object... more) {
        where.append(" and ");
        int next = 0;
        for (char c : condition.toCharArray()) {
            if (c == '?') {
                values.add(more[next++]);
                where.append('$').append(values.size());
            } else {
                where.append(c);
            }
        }
    }

    String where() {
        return where.toString();
    }

    Tuple values() {
        return Tuple.from(values);
    }
}
