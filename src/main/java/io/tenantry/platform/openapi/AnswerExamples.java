package io.tenantry.platform.openapi;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.eclipse.microprofile.openapi.OASFactory;
import org.eclipse.microprofile.openapi.models.OpenAPI;
import org.eclipse.microprofile.openapi.models.examples.Example;
import org.eclipse.microprofile.openapi.models.media.MediaType;
import org.eclipse.microprofile.openapi.models.media.Schema;
import org.eclipse.microprofile.openapi.models.media.Schema.SchemaType;
import org.eclipse.microprofile.openapi.models.responses.APIResponse;

/** Whole answers, put together from the examples of their fields. Each type of answer has one example, which all operations share. */
final class AnswerExamples {

    private static final String JSON = "application/json";
    private static final String NAME = "typical";

    /** What maps are keyed by. */
    private static final String A_MODEL = "gpt-4o";

    private final OpenAPI api;

    private AnswerExamples(OpenAPI api) {
        this.api = api;
    }

    static void addTo(OpenAPI api) {
        var examples = new AnswerExamples(api);
        SchemaWalk.operations(api)
                .forEach(operation -> operation.getResponses().getAPIResponses().forEach((status, answer) -> {
                    if (status.startsWith("2")) {
                        examples.addTo(answer);
                    }
                }));
    }

    private void addTo(APIResponse answer) {
        var media = answer.getContent() == null ? null : answer.getContent().getMediaType(JSON);
        if (media != null && media.getSchema() != null && media.getExamples() == null) {
            media.setExamples(Map.of(NAME, exampleOf(media)));
        }
    }

    private Example exampleOf(MediaType media) {
        var reference = media.getSchema().getRef();
        if (reference == null) {
            return OASFactory.createExample().value(valueOf("", media.getSchema(), List.of()));
        }
        var name = nameIn(reference);
        var known = api.getComponents().getExamples();
        if (known == null || !known.containsKey(name)) {
            var value = valueOf("", media.getSchema(), List.of());
            api.getComponents().addExample(name, OASFactory.createExample().value(value));
        }
        return OASFactory.createExample().ref(name);
    }

    /** @param around the types that this is inside of: one that leads to itself ends there */
    private Object valueOf(String field, Schema schema, List<String> around) {
        if (schema.getRef() != null) {
            var name = nameIn(schema.getRef());
            var inside = new ArrayList<>(around);
            inside.add(name);
            return around.contains(name)
                    ? null
                    : valueOf(field, api.getComponents().getSchemas().get(name), inside);
        }
        if (schema.getAnyOf() != null) {
            return valueOf(field, schema.getAnyOf().get(0), around);
        }
        if (schema.getExamples() != null && !schema.getExamples().isEmpty()) {
            return schema.getExamples().get(0);
        }
        if (schema.getProperties() != null) {
            return fieldsOf(schema, around);
        }
        return schema.getType() == null ? null : byType(field, schema, around);
    }

    private Map<String, Object> fieldsOf(Schema schema, List<String> around) {
        var fields = new LinkedHashMap<String, Object>();
        schema.getProperties().forEach((name, property) -> {
            var value = valueOf(name, property, around);
            if (value != null || isRequired(schema, name)) {
                fields.put(name, value);
            }
        });
        return fields;
    }

    private static boolean isRequired(Schema schema, String field) {
        return schema.getRequired() != null && schema.getRequired().contains(field);
    }

    private Object byType(String field, Schema schema, List<String> around) {
        if (schema.getType().contains(SchemaType.ARRAY)) {
            var item = schema.getItems() == null ? null : valueOf(field, schema.getItems(), around);
            return item == null ? List.of() : List.of(item);
        }
        if (schema.getType().contains(SchemaType.OBJECT)) {
            var values = schema.getAdditionalPropertiesSchema();
            var value = values == null ? null : valueOf(field, values, around);
            return value == null ? Map.of() : Map.of(A_MODEL, value);
        }
        return Examples.exampleOf(field, schema);
    }

    private static String nameIn(String reference) {
        return reference.substring(reference.lastIndexOf('/') + 1);
    }
}
