package io.tenantry.platform.openapi;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.eclipse.microprofile.openapi.OASFactory;
import org.eclipse.microprofile.openapi.models.OpenAPI;
import org.eclipse.microprofile.openapi.models.media.Schema;
import org.eclipse.microprofile.openapi.models.media.Schema.SchemaType;

/** On the wire a field of an update is its value or null; that it may be absent is our own affair. */
final class PatchSchemas {

    private static final String PREFIX = "#/components/schemas/";
    private static final String PATCH = "Patch";

    private static final Map<String, SchemaType> SIMPLE = Map.of(
            "String", SchemaType.STRING,
            "Instant", SchemaType.STRING,
            "Integer", SchemaType.INTEGER,
            "Long", SchemaType.INTEGER,
            "Double", SchemaType.NUMBER,
            "BigDecimal", SchemaType.NUMBER,
            "Number", SchemaType.NUMBER,
            "Boolean", SchemaType.BOOLEAN,
            "Object", SchemaType.OBJECT);

    private PatchSchemas() {}

    static void replace(OpenAPI api) {
        var components = api.getComponents();
        if (components.getSchemas() == null) {
            return;
        }
        var names = components.getSchemas().keySet();
        var schemas = new ArrayList<>(components.getSchemas().entrySet());
        for (var schema : schemas) {
            if (!schema.getKey().startsWith(PATCH)) {
                inlineIn(schema.getValue(), names);
            }
        }
        if (api.getPaths() != null) {
            api.getPaths().getPathItems().values().stream()
                    .flatMap(path -> path.getOperations().values().stream())
                    .filter(operation -> operation.getRequestBody() != null
                            && operation.getRequestBody().getContent() != null)
                    .flatMap(operation -> operation.getRequestBody().getContent().getMediaTypes().values().stream())
                    .forEach(body -> inlineIn(body.getSchema(), names));
        }
        List.copyOf(names).stream().filter(name -> name.startsWith(PATCH)).forEach(components::removeSchema);
    }

    /** Requests also stand inside of others: in lists, in alternatives, or written out where they are used. */
    private static void inlineIn(Schema schema, Set<String> names) {
        if (schema == null) {
            return;
        }
        if (schema.getProperties() != null) {
            Map.copyOf(schema.getProperties()).forEach((name, property) -> {
                inline(schema, name, property, names);
                inlineIn(property, names);
            });
        }
        inlineIn(schema.getItems(), names);
        inlineIn(schema.getAdditionalPropertiesSchema(), names);
        for (var parts : Arrays.asList(schema.getAllOf(), schema.getAnyOf(), schema.getOneOf())) {
            if (parts != null) {
                parts.forEach(part -> inlineIn(part, names));
            }
        }
    }

    private static void inline(Schema owner, String name, Schema property, Set<String> names) {
        var ref = refOf(property);
        if (ref == null || !ref.startsWith(PREFIX + PATCH)) {
            return;
        }
        var value = schemaOf(ref.substring((PREFIX + PATCH).length()), names);
        value.setDescription(property.getDescription());
        owner.addProperty(name, value);
    }

    private static String refOf(Schema property) {
        if (property.getRef() != null) {
            return property.getRef();
        }
        var parts = property.getAllOf() != null ? property.getAllOf() : property.getAnyOf();
        return parts == null
                ? null
                : parts.stream()
                        .map(Schema::getRef)
                        .filter(Objects::nonNull)
                        .findFirst()
                        .orElse(null);
    }

    private static Schema schemaOf(String type, Set<String> names) {
        if (type.startsWith("List") || type.startsWith("Set")) {
            var items = valueOf(type.replaceFirst("^(List|Set)", ""), names);
            return OASFactory.createSchema()
                    .addType(SchemaType.ARRAY)
                    .addType(SchemaType.NULL)
                    .items(items);
        }
        if (names.contains(type)) {
            return OASFactory.createSchema()
                    .addAnyOf(OASFactory.createSchema().ref(type))
                    .addAnyOf(OASFactory.createSchema().addType(SchemaType.NULL));
        }
        return valueOf(type, names).addType(SchemaType.NULL);
    }

    private static Schema valueOf(String type, Set<String> names) {
        if (names.contains(type)) {
            return OASFactory.createSchema().ref(type);
        }
        return OASFactory.createSchema().addType(SIMPLE.getOrDefault(type, SchemaType.OBJECT));
    }
}
