package io.tenantry.platform.openapi;

import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.eclipse.microprofile.openapi.models.OpenAPI;
import org.eclipse.microprofile.openapi.models.media.Schema;
import org.eclipse.microprofile.openapi.models.media.Schema.SchemaType;
import org.jboss.jandex.AnnotationInstance;
import org.jboss.jandex.AnnotationTarget;
import org.jboss.jandex.ClassInfo;
import org.jboss.jandex.DotName;
import org.jboss.jandex.IndexView;
import org.jboss.jandex.RecordComponentInfo;
import org.jboss.jandex.Type;

/**
 * Says of every field of an answer whether it is always there and whether it may be null. Answers are records that are written whole: a component
 * is there unless it is left out when null; a primitive and what is marked as never null is not null.
 */
final class AnswerSchemas {

    private static final String PREFIX = "#/components/schemas/";
    private static final DotName INCLUDE = DotName.createSimple("com.fasterxml.jackson.annotation.JsonInclude");
    private static final DotName NOT_NULL = DotName.createSimple("jakarta.validation.constraints.NotNull");
    /** Its fields stand beside the others. */
    private static final DotName UNWRAPPED = DotName.createSimple("com.fasterxml.jackson.annotation.JsonUnwrapped");

    /** Its entries stand beside the others, see {@link FurtherFields}. */
    private static final DotName ANY_GETTER = DotName.createSimple("com.fasterxml.jackson.annotation.JsonAnyGetter");

    private final OpenAPI api;
    private final IndexView index;

    private AnswerSchemas(OpenAPI api, IndexView index) {
        this.api = api;
        this.index = index;
    }

    static void complete(OpenAPI api, IndexView index) {
        new AnswerSchemas(api, index).complete();
    }

    private void complete() {
        var answered = answered();
        index.getKnownClasses().stream()
                .filter(type -> type.isRecord() && type.name().toString().startsWith("io.tenantry."))
                .filter(type -> answered.contains(RecordNames.of(type)))
                .forEach(this::complete);
    }

    /** What answers are made of and requests are not. */
    private Set<String> answered() {
        var answers = new LinkedHashSet<String>();
        var requests = new HashSet<String>();
        SchemaWalk.operations(api).forEach(operation -> {
            SchemaWalk.answers(operation).forEach(schema -> collect(schema, answers));
            SchemaWalk.requests(operation).forEach(schema -> collect(schema, requests));
        });
        answers.removeAll(requests);
        return answers;
    }

    /** The names of the types that a schema leads to. */
    private void collect(Schema schema, Set<String> names) {
        SchemaWalk.visit(schema, part -> {
            if (part.getRef() != null) {
                var name = part.getRef().substring(PREFIX.length());
                if (names.add(name)) {
                    collect(api.getComponents().getSchemas().get(name), names);
                }
            }
        });
    }

    private void complete(ClassInfo type) {
        var schema = api.getComponents().getSchemas().get(RecordNames.of(type));
        if (schema.getProperties() != null) {
            var required = new LinkedHashSet<String>();
            complete(type, schema, required);
            schema.setRequired(required.isEmpty() ? null : List.copyOf(required));
        }
    }

    private void complete(ClassInfo type, Schema schema, Set<String> required) {
        for (var component : type.recordComponentsInDeclarationOrder()) {
            var inner = of(component, UNWRAPPED)
                    .map(here -> index.getClassByName(component.type().name()));
            if (inner.isPresent()) {
                complete(inner.get(), schema, required);
            } else if (of(component, ANY_GETTER).isEmpty()) {
                complete(component, schema, required);
            }
        }
    }

    private static void complete(RecordComponentInfo component, Schema schema, Set<String> required) {
        var name = RecordNames.of(component);
        var property = schema.getProperties().get(name);
        if (property == null) {
            return;
        }
        var values = property.getAdditionalPropertiesSchema();
        if (values != null && List.of(SchemaType.STRING).equals(values.getType())) {
            values.addType(SchemaType.NULL);
        }
        if (!isLeftOut(component)) {
            required.add(name);
        }
        if (mayBeNull(component)) {
            schema.addProperty(name, RecordNames.orNull(property));
        }
    }

    /** What a component says of itself counts before what its record says. */
    private static boolean isLeftOut(RecordComponentInfo component) {
        var include = of(component, INCLUDE)
                .or(() -> Optional.ofNullable(component.declaringClass().declaredAnnotation(INCLUDE)));
        return include.map(AnnotationInstance::value)
                .filter(when -> !when.asEnum().equals("ALWAYS"))
                .isPresent();
    }

    private static boolean mayBeNull(RecordComponentInfo component) {
        return component.type().kind() != Type.Kind.PRIMITIVE
                && of(component, NOT_NULL).isEmpty()
                && of(component, INCLUDE).isEmpty();
    }

    /** The compiler writes an annotation that is not made for components to the component's field. */
    private static Optional<AnnotationInstance> of(RecordComponentInfo component, DotName name) {
        return component.declaringClass().annotations(name).stream()
                .filter(annotation -> annotation.target().kind() == AnnotationTarget.Kind.FIELD
                        && annotation.target().asField().name().equals(component.name()))
                .findFirst();
    }
}
