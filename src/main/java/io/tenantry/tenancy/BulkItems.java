package io.tenantry.tenancy;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.tenantry.core.Problem;
import io.tenantry.core.ProblemCode;
import io.tenantry.platform.http.ItemProblems;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.validation.ConstraintViolationException;
import jakarta.validation.Validator;
import java.util.ArrayList;
import java.util.List;

/** The items of a bulk call, read one by one: one that cannot be read does not spoil the others. */
@ApplicationScoped
class BulkItems {

    /** What one call takes. A body of 1 MB holds no more users than this. */
    static final int MOST = 10_000;

    private final ObjectMapper json;
    private final Validator validator;

    BulkItems(ObjectMapper json, Validator validator) {
        this.json = json;
        this.validator = validator;
    }

    /** The items of a list in the body. Fails with VALIDATION when it is none, with INVALID_VALUE when it is empty or too long. */
    static List<JsonNode> of(JsonNode list, String field) {
        if (list == null || !list.isArray()) {
            throw Problem.of(ProblemCode.VALIDATION).param(field).detail("%s must be a list of objects", field);
        }
        var items = new ArrayList<JsonNode>(list.size());
        list.forEach(items::add);
        return requireSize(items, field);
    }

    static List<JsonNode> requireSize(List<JsonNode> items, String field) {
        if (items.isEmpty() || items.size() > MOST) {
            throw Problem.of(ProblemCode.INVALID_VALUE).param(field).detail("%s must name 1 to %d users", field, MOST);
        }
        return items;
    }

    /** One item as the request that a call of its own would take. */
    <T> Outcome<T> read(JsonNode item, Class<T> type) {
        try {
            if (!item.isObject()) {
                return Outcome.refused(Problem.of(ProblemCode.VALIDATION).detail("The item must be an object"));
            }
            requireStorable(item);
            var request = json.treeToValue(item, type);
            var violations = validator.validate(request);
            return violations.isEmpty()
                    ? Outcome.of(request)
                    : Outcome.refused(ItemProblems.of(new ConstraintViolationException(violations)));
        } catch (JsonProcessingException unreadable) {
            return Outcome.refused(ItemProblems.of(unreadable));
        } catch (Problem refused) {
            return Outcome.refused(refused);
        }
    }

    /** PostgreSQL has no text with this character, and would refuse the whole chunk for it. */
    private static void requireStorable(JsonNode node) {
        if (node.isTextual() && node.textValue().indexOf('\0') >= 0) {
            throw unstorable();
        }
        for (var names = node.fieldNames(); names.hasNext(); ) {
            if (names.next().indexOf('\0') >= 0) {
                throw unstorable();
            }
        }
        node.forEach(BulkItems::requireStorable);
    }

    private static Problem unstorable() {
        return Problem.of(ProblemCode.INVALID_VALUE)
                .detail("A text holds the character U+0000, which cannot be stored");
    }

    <T> List<Outcome<T>> read(List<JsonNode> items, Class<T> type) {
        return items.stream().map(item -> read(item, type)).toList();
    }

    /** A text of the item as it was sent, to tell the caller which one a result is about; null where there is none. */
    static String text(JsonNode item, String field) {
        var value = item.get(field);
        return value != null && value.isTextual() ? value.textValue() : null;
    }
}
