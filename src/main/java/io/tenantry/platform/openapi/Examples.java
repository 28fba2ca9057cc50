package io.tenantry.platform.openapi;

import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.eclipse.microprofile.openapi.OASFactory;
import org.eclipse.microprofile.openapi.models.OpenAPI;
import org.eclipse.microprofile.openapi.models.Operation;
import org.eclipse.microprofile.openapi.models.media.Schema;
import org.eclipse.microprofile.openapi.models.media.Schema.SchemaType;

/** One small company that all examples are about. A field's example follows from its name, or else from its type. */
final class Examples {

    private static final String CSV = "text/csv";

    private static final Map<String, Object> BY_NAME = Map.ofEntries(
            Map.entry("organization_id", "acme"),
            Map.entry("organization_alias", "Acme"),
            Map.entry("team_id", "search"),
            Map.entry("team_alias", "Search"),
            Map.entry("user_id", "kim"),
            Map.entry("user_email", "kim@example.org"),
            Map.entry("user_alias", "Kim"),
            Map.entry("user_role", "internal_user"),
            Map.entry("role", "user"),
            Map.entry("key", "sk-QX3w0lBq7uS9rTn2"),
            Map.entry("api_key", "sk-QX3w0lBq7uS9rTn2"),
            Map.entry("keys", List.of("sk-QX3w0lBq7uS9rTn2")),
            Map.entry("key_alias", "ci-bot"),
            Map.entry("key_name", "sk-...rTn2"),
            Map.entry("key_type", "llm_api"),
            Map.entry("token", "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"),
            Map.entry("models", List.of("gpt-4o")),
            Map.entry("model", "gpt-4o"),
            Map.entry("max_budget", 100),
            Map.entry("soft_budget", 80),
            Map.entry("spend", 12.5),
            Map.entry("budget_id", "starter"),
            Map.entry("budget_duration", "30d"),
            Map.entry("duration", "90d"),
            Map.entry("tpm_limit", 40000),
            Map.entry("rpm_limit", 60),
            Map.entry("max_parallel_requests", 10),
            Map.entry("metadata", Map.of("cost_center", "4711")),
            Map.entry("tags", List.of("production")),
            Map.entry("guardrails", List.of("pii")),
            Map.entry("blocked", false),
            Map.entry("allowed_routes", List.of("llm_api_routes")),
            Map.entry("page", 1),
            Map.entry("request_id", "req-91"),
            Map.entry("input_tokens", 900),
            Map.entry("output_tokens", 150),
            Map.entry("max_output_tokens", 600),
            Map.entry("end_user", "c-17"));

    private static final String INSTANT = "2026-03-01T09:30:00.000000Z";

    private Examples() {}

    static void addTo(OpenAPI api) {
        if (api.getComponents().getSchemas() != null) {
            api.getComponents().getSchemas().values().forEach(Examples::addTo);
        }
        var requests = requests();
        api.getPaths().getPathItems().forEach((path, item) -> item.getOperations()
                .forEach((method, operation) -> addTo(operation, api, requests.get(method + " " + path))));
    }

    /** Whole requests, by operation: {@code src/main/resources/openapi/examples.json}. */
    private static Map<String, Object> requests() {
        try (var file = Examples.class.getResourceAsStream("/openapi/examples.json")) {
            return new ObjectMapper().readValue(file, new TypeReference<LinkedHashMap<String, Object>>() {});
        } catch (IOException impossible) { // it is part of the build
            throw new UncheckedIOException(impossible);
        }
    }

    private static void addTo(Schema schema) {
        if (schema.getProperties() != null) {
            schema.getProperties().forEach((name, property) -> {
                if (property.getRef() == null
                        && (property.getExamples() == null
                                || property.getExamples().isEmpty())) {
                    var example = exampleOf(name, property);
                    if (example != null) {
                        property.setExamples(List.of(example));
                    }
                }
            });
        }
    }

    /** Null where nothing is known and the type says nothing. */
    static Object exampleOf(String name, Schema schema) {
        var types = schema.getType() == null ? List.<SchemaType>of() : schema.getType();
        var known = BY_NAME.get(name);
        if (known != null && fits(known, schema)) {
            return known;
        }
        if (schema.getEnumeration() != null && !schema.getEnumeration().isEmpty()) {
            return schema.getEnumeration().get(0);
        }
        if (types.contains(SchemaType.STRING)) {
            return isInstant(name, schema) ? INSTANT : name;
        }
        if (types.contains(SchemaType.INTEGER) || types.contains(SchemaType.NUMBER)) {
            return 1;
        }
        return types.contains(SchemaType.BOOLEAN) ? Boolean.TRUE : null;
    }

    private static boolean isInstant(String name, Schema schema) {
        return "date-time".equals(schema.getFormat()) || name.endsWith("_at") || name.equals("expires");
    }

    private static boolean fits(Object example, Schema schema) {
        var types = schema.getType() == null ? List.<SchemaType>of() : schema.getType();
        if (example instanceof List) {
            return types.contains(SchemaType.ARRAY)
                    && schema.getItems() != null
                    && schema.getItems().getType() != null
                    && schema.getItems().getType().contains(SchemaType.STRING);
        }
        if (example instanceof String) {
            return types.contains(SchemaType.STRING);
        }
        if (example instanceof Number) {
            return types.contains(SchemaType.NUMBER) || types.contains(SchemaType.INTEGER);
        }
        return types.contains(example instanceof Boolean ? SchemaType.BOOLEAN : SchemaType.OBJECT);
    }

    /** Parameters and the request as a whole: the one that was written for it, or else what is required and says what it is for. */
    private static void addTo(Operation operation, OpenAPI api, Object written) {
        if (operation.getParameters() != null) {
            operation.getParameters().stream()
                    .filter(parameter -> parameter.getRef() == null
                            && parameter.getExample() == null
                            && parameter.getSchema() != null
                            && parameter.getSchema().getRef() == null)
                    .forEach(parameter -> parameter.setExample(exampleOf(parameter.getName(), parameter.getSchema())));
        }
        var body = operation.getRequestBody();
        if (body == null || body.getContent() == null) {
            return;
        }
        body.getContent().getMediaTypes().forEach((type, media) -> {
            if (type.equals(CSV)) {
                media.setExample("user_email,user_role\nkim@example.org,internal_user\n");
                return;
            }
            Object example = written != null ? written : requestOf(media.getSchema(), api);
            if (media.getExamples() == null
                    && media.getExample() == null
                    && !Map.of().equals(example)) {
                media.setExamples(Map.of("typical", OASFactory.createExample().value(example)));
            }
        });
    }

    private static Map<String, Object> requestOf(Schema schema, OpenAPI api) {
        var request = new LinkedHashMap<String, Object>();
        var resolved = resolve(schema, api);
        if (resolved == null || resolved.getProperties() == null) {
            return request;
        }
        var required = resolved.getRequired() == null ? List.<String>of() : resolved.getRequired();
        resolved.getProperties().forEach((name, property) -> {
            var known = BY_NAME.get(name);
            if (known != null
                    && fits(known, property)
                    && (required.contains(name) || name.endsWith("_id") || name.endsWith("_alias"))) {
                request.put(name, known);
            }
        });
        return request;
    }

    private static Schema resolve(Schema schema, OpenAPI api) {
        if (schema == null || schema.getRef() == null) {
            return schema;
        }
        return api.getComponents()
                .getSchemas()
                .get(schema.getRef().substring(schema.getRef().lastIndexOf('/') + 1));
    }
}
