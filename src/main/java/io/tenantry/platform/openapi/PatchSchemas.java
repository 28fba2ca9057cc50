package io.tenantry.platform.openapi;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.eclipse.microprofile.openapi.OASFactory;
import org.eclipse.microprofile.openapi.models.OpenAPI;
import org.eclipse.microprofile.openapi.models.media.Schema;
import org.eclipse.microprofile.openapi.models.media.Schema.SchemaType;
import org.jboss.jandex.AnnotationInstance;
import org.jboss.jandex.ClassInfo;
import org.jboss.jandex.DotName;
import org.jboss.jandex.IndexView;
import org.jboss.jandex.RecordComponentInfo;
import org.jboss.jandex.Type;

/**
 * On the wire a field of an update is its value or null; that it may be absent is our own affair. What the value is, and what bounds it, is read from
 * the components of the requests.
 */
final class PatchSchemas {

    private static final String PREFIX = "Patch";
    private static final DotName PATCH = DotName.createSimple("io.tenantry.core.Patch");
    private static final DotName OTHERS = DotName.createSimple("com.fasterxml.jackson.annotation.JsonAnySetter");
    private static final String SIZE = "jakarta.validation.constraints.Size";
    private static final String PATTERN = "jakarta.validation.constraints.Pattern";

    /** Type and format of what has no type of its own in the description. */
    private static final Map<String, List<Object>> SIMPLE = Map.of(
            "java.lang.String", List.of(SchemaType.STRING),
            "java.time.Instant", List.of(SchemaType.STRING, "date-time"),
            "java.lang.Integer", List.of(SchemaType.INTEGER, "int32"),
            "java.lang.Long", List.of(SchemaType.INTEGER, "int64"),
            "java.lang.Double", List.of(SchemaType.NUMBER, "double"),
            "java.math.BigDecimal", List.of(SchemaType.NUMBER),
            "java.lang.Boolean", List.of(SchemaType.BOOLEAN));

    private final Map<String, Schema> schemas;
    private final OpenAPI api;
    private final IndexView index;

    private PatchSchemas(OpenAPI api, IndexView index) {
        this.api = api;
        this.index = index;
        this.schemas = Map.copyOf(api.getComponents().getSchemas());
    }

    static void replace(OpenAPI api, IndexView index) {
        if (api.getComponents().getSchemas() != null) {
            new PatchSchemas(api, index).replace();
        }
    }

    private void replace() {
        index.getKnownClasses().stream().filter(ClassInfo::isRecord).forEach(type -> {
            var schema = schemas.get(RecordNames.of(type));
            if (schema != null && schema.getProperties() != null) {
                replaceIn(type, schema);
            }
        });
        schemas.keySet().stream().filter(name -> name.startsWith(PREFIX)).forEach(api.getComponents()::removeSchema);
    }

    private void replaceIn(ClassInfo type, Schema schema) {
        for (var component : type.recordComponentsInDeclarationOrder()) {
            var name = RecordNames.of(component);
            var property = schema.getProperties().get(name);
            if (property != null && isPatch(component.type())) {
                schema.addProperty(name, patched(component.type()).description(property.getDescription()));
            }
        }
    }

    private static boolean isPatch(Type type) {
        return type.name().equals(PATCH);
    }

    private Schema patched(Type patch) {
        return RecordNames.orNull(
                schemaOf(patch.asParameterizedType().arguments().get(0)));
    }

    private Schema schemaOf(Type type) {
        var simple = SIMPLE.get(type.name().toString());
        if (simple != null) {
            var schema = OASFactory.createSchema().addType((SchemaType) simple.get(0));
            return bounded(simple.size() == 1 ? schema : schema.format((String) simple.get(1)), type);
        }
        if (type.kind() == Type.Kind.PARAMETERIZED_TYPE) {
            var arguments = type.asParameterizedType().arguments();
            var inside = schemaOf(arguments.get(arguments.size() - 1));
            return bounded(arguments.size() == 1 ? listOf(inside) : mapOf(inside), type);
        }
        return Optional.ofNullable(index.getClassByName(type.name()))
                .map(this::named)
                .orElseGet(OASFactory::createSchema);
    }

    private static Schema listOf(Schema items) {
        return OASFactory.createSchema().addType(SchemaType.ARRAY).items(items);
    }

    private static Schema mapOf(Schema values) {
        return OASFactory.createSchema().addType(SchemaType.OBJECT).additionalPropertiesSchema(values);
    }

    /** A type of the description, which is made where nothing else has led to it. */
    private Schema named(ClassInfo type) {
        var name = RecordNames.of(type);
        if (!api.getComponents().getSchemas().containsKey(name)) {
            var schema = OASFactory.createSchema().addType(SchemaType.OBJECT);
            api.getComponents().addSchema(name, schema);
            type.recordComponentsInDeclarationOrder().forEach(component -> addField(schema, component));
        }
        return OASFactory.createSchema().ref(name);
    }

    /** The entry for all other fields stays, see {@link FurtherFields}. */
    private void addField(Schema schema, RecordComponentInfo component) {
        boolean others = component.declaringClass().annotations(OTHERS).stream()
                .anyMatch(annotation -> annotation.target().kind() == org.jboss.jandex.AnnotationTarget.Kind.FIELD
                        && annotation.target().asField().name().equals(component.name()));
        schema.addProperty(
                others ? "others" : RecordNames.of(component),
                isPatch(component.type()) ? patched(component.type()) : schemaOf(component.type()));
    }

    private static Schema bounded(Schema schema, Type type) {
        type.annotations().forEach(annotation -> {
            if (annotation.name().toString().equals(SIZE)) {
                bound(schema, annotation);
            } else if (annotation.name().toString().equals(PATTERN)) {
                schema.pattern(annotation.value("regexp").asString());
            }
        });
        return schema;
    }

    private static void bound(Schema schema, AnnotationInstance size) {
        var least = size.value("min") == null ? null : size.value("min").asInt();
        var most = size.value("max") == null ? null : size.value("max").asInt();
        var types = schema.getType();
        if (types.contains(SchemaType.STRING)) {
            schema.minLength(least).maxLength(most);
        } else if (types.contains(SchemaType.ARRAY)) {
            schema.minItems(least).maxItems(most);
        } else {
            schema.minProperties(least).maxProperties(most);
        }
    }
}
