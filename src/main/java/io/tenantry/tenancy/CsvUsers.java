package io.tenantry.tenancy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.tenantry.core.Problem;
import io.tenantry.core.ProblemCode;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/**
 * Users as a table: a line of column names (those of the JSON fields), then a line per user. Cells may be quoted as in RFC 4180; an empty one is
 * absent; in {@code models}, {@code teams} and {@code organizations} a semicolon separates the entries.
 */
final class CsvUsers {

    private static final Set<String> LISTS = Set.of("models", "teams", "organizations");

    private static final Set<String> COLUMNS = Set.of(
            "user_id",
            "user_email",
            "user_alias",
            "sso_user_id",
            "user_role",
            "models",
            "teams",
            "team_id",
            "organizations",
            "organization_id",
            "max_budget",
            "soft_budget",
            "budget_duration",
            "tpm_limit",
            "rpm_limit",
            "max_parallel_requests",
            "blocked",
            "allowed_model_region",
            "allowed_model_max_input_tokens",
            "allowed_model_max_output_tokens");

    private final String text;
    private int at;

    private CsvUsers(String text) {
        // what spreadsheets put in front
        this.text = text.startsWith("\uFEFF") ? text.substring(1) : text;
    }

    /** The lines as the objects that the JSON form has. Fails with INVALID_VALUE for an unknown column or an open quote. */
    static List<JsonNode> read(String text) {
        var lines = new CsvUsers(text == null ? "" : text).lines();
        if (lines.isEmpty()) {
            throw invalid("The first line must name the columns");
        }
        var columns = lines.get(0).stream().map(String::trim).toList();
        columns.forEach(CsvUsers::requireKnown);
        return lines.subList(1, lines.size()).stream()
                .filter(line -> line.size() > 1 || !line.get(0).isBlank())
                .map(line -> user(columns, line))
                .toList();
    }

    private static void requireKnown(String column) {
        if (!COLUMNS.contains(column)) {
            throw invalid("Column '" + column + "' is not known");
        }
    }

    private static JsonNode user(List<String> columns, List<String> cells) {
        if (cells.size() > columns.size()) {
            // no object: refused as this one item
            return JsonNodeFactory.instance.textNode(String.join(",", cells));
        }
        var user = JsonNodeFactory.instance.objectNode();
        for (int i = 0; i < cells.size(); i++) {
            put(user, columns.get(i), cells.get(i).trim());
        }
        return user;
    }

    private static void put(ObjectNode user, String column, String cell) {
        if (cell.isEmpty()) {
            return;
        }
        if (LISTS.contains(column)) {
            var list = user.putArray(column);
            for (var entry : cell.split(";")) {
                if (!entry.isBlank()) {
                    list.add(entry.trim());
                }
            }
        } else {
            user.put(column, cell);
        }
    }

    private List<List<String>> lines() {
        var lines = new ArrayList<List<String>>();
        while (at < text.length()) {
            lines.add(line());
        }
        return lines;
    }

    private List<String> line() {
        var cells = new ArrayList<String>();
        cells.add(cell());
        while (at < text.length() && text.charAt(at) == ',') {
            at++;
            cells.add(cell());
        }
        skipLineEnd();
        return cells;
    }

    private void skipLineEnd() {
        if (at < text.length() && text.charAt(at) == '\r') {
            at++;
        }
        if (at < text.length() && text.charAt(at) == '\n') {
            at++;
        }
    }

    private String cell() {
        return at < text.length() && text.charAt(at) == '"' ? quoted() : plain();
    }

    private String plain() {
        int from = at;
        while (at < text.length() && ",\r\n".indexOf(text.charAt(at)) < 0) {
            at++;
        }
        return text.substring(from, at);
    }

    private String quoted() {
        var cell = new StringBuilder();
        for (at++; at < text.length(); at++) {
            char c = text.charAt(at);
            if (c != '"') {
                cell.append(c);
            } else if (at + 1 < text.length() && text.charAt(at + 1) == '"') {
                cell.append('"');
                at++;
            } else {
                at++;
                // what follows the closing quote belongs to the cell, as spreadsheets read it
                return cell.append(plain()).toString();
            }
        }
        throw invalid("A quote is not closed");
    }

    private static Problem invalid(String detail) {
        return Problem.of(ProblemCode.INVALID_VALUE).param("body").detail("%s", detail);
    }
}
