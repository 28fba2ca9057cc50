package io.tenantry.platform.openapi;

import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Objects;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.eclipse.microprofile.openapi.models.OpenAPI;
import org.eclipse.microprofile.openapi.models.Operation;
import org.eclipse.microprofile.openapi.models.media.Content;
import org.eclipse.microprofile.openapi.models.media.MediaType;
import org.eclipse.microprofile.openapi.models.media.Schema;
import org.eclipse.microprofile.openapi.models.parameters.Parameter;
import org.eclipse.microprofile.openapi.models.responses.APIResponse;

/** Visits every schema that is written out anywhere in a description: types, parameters, requests and answers, and what they are made of. */
final class SchemaWalk {

    private SchemaWalk() {}

    static void visit(OpenAPI api, Consumer<Schema> visitor) {
        var types = api.getComponents().getSchemas();
        if (types != null) {
            List.copyOf(types.values()).forEach(schema -> visit(schema, visitor));
        }
        operations(api).forEach(operation -> visit(operation, visitor));
    }

    static Stream<Operation> operations(OpenAPI api) {
        return api.getPaths().getPathItems().values().stream().flatMap(path -> path.getOperations().values().stream());
    }

    private static void visit(Operation operation, Consumer<Schema> visitor) {
        if (operation.getParameters() != null) {
            operation.getParameters().stream().map(Parameter::getSchema).forEach(schema -> visit(schema, visitor));
        }
        requests(operation).forEach(schema -> visit(schema, visitor));
        answers(operation).forEach(schema -> visit(schema, visitor));
    }

    /** The schemas of an operation's body, by media type. */
    static Stream<Schema> requests(Operation operation) {
        return operation.getRequestBody() == null
                ? Stream.empty()
                : schemas(operation.getRequestBody().getContent());
    }

    /** The schemas of an operation's answers. */
    static Stream<Schema> answers(Operation operation) {
        return operation.getResponses() == null || operation.getResponses().getAPIResponses() == null
                ? Stream.empty()
                : operation.getResponses().getAPIResponses().values().stream()
                        .map(APIResponse::getContent)
                        .flatMap(SchemaWalk::schemas);
    }

    private static Stream<Schema> schemas(Content content) {
        return content == null || content.getMediaTypes() == null
                ? Stream.empty()
                : content.getMediaTypes().values().stream()
                        .map(MediaType::getSchema)
                        .filter(Objects::nonNull);
    }

    static void visit(Schema schema, Consumer<Schema> visitor) {
        if (schema == null) {
            return;
        }
        visitor.accept(schema);
        parts(schema).forEach(part -> visit(part, visitor));
    }

    /** What a schema is made of, one step down. */
    static Stream<Schema> parts(Schema schema) {
        var properties = schema.getProperties() == null
                ? List.<Schema>of()
                : List.copyOf(schema.getProperties().values());
        var alternatives = Stream.of(schema.getAllOf(), schema.getAnyOf(), schema.getOneOf())
                .filter(Objects::nonNull)
                .flatMap(Collection::stream);
        var inside = Arrays.asList(schema.getItems(), schema.getAdditionalPropertiesSchema()).stream()
                .filter(Objects::nonNull);
        return Stream.of(properties.stream(), alternatives, inside).flatMap(parts -> parts);
    }
}
