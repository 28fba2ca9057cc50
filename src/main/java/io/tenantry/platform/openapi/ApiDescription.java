package io.tenantry.platform.openapi;

import io.quarkus.smallrye.openapi.OpenApiFilter;
import io.tenantry.platform.http.ManagementPaths;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.eclipse.microprofile.openapi.OASFactory;
import org.eclipse.microprofile.openapi.OASFilter;
import org.eclipse.microprofile.openapi.models.OpenAPI;
import org.eclipse.microprofile.openapi.models.Operation;
import org.eclipse.microprofile.openapi.models.PathItem;
import org.eclipse.microprofile.openapi.models.PathItem.HttpMethod;
import org.eclipse.microprofile.openapi.models.media.Schema.SchemaType;
import org.eclipse.microprofile.openapi.models.security.SecurityScheme;
import org.jboss.jandex.IndexView;

/**
 * Completes the description of the API with what holds for every operation, so that no resource has to repeat it: how to authenticate, the
 * error bodies, the headers of repeatable changes and of cached reads, names and a fixed order. Works at build time.
 */
@OpenApiFilter(stages = OpenApiFilter.RunStage.BUILD)
public class ApiDescription implements OASFilter {

    private static final String JSON = "application/json";
    private static final String LINES = "application/x-ndjson";

    private static final List<String> SCHEMES = List.of("bearer", "apiKey");
    private static final List<HttpMethod> CHANGING =
            List.of(HttpMethod.POST, HttpMethod.PUT, HttpMethod.PATCH, HttpMethod.DELETE);

    /** The tag of an operation that names none, by the first word of its path. */
    private static final Map<String, String> TAGS = Map.ofEntries(
            Map.entry("organization", "Organizations"),
            Map.entry("team", "Teams"),
            Map.entry("user", "Users"),
            Map.entry("key", "Keys"),
            Map.entry("budget", "Budgets"),
            Map.entry("customer", "Customers"),
            Map.entry("end_user", "Customers"),
            Map.entry("tag", "Tags"),
            Map.entry("spend", "Spend"),
            Map.entry("global", "Spend"),
            Map.entry("audit", "Audit"),
            Map.entry("access_group", "Access groups"),
            Map.entry("model_group", "Access groups"),
            Map.entry("admissions", "Admission"),
            Map.entry("usage", "Admission"));

    /** What proxies call has short names of its own. */
    private static final Map<String, String> NAMES = Map.of(
            "POST /v1/admissions", "admit",
            "POST /v1/admissions/explain", "explain",
            "POST /v1/admissions/{admission_id}/settlement", "settle",
            "POST /v1/admissions/{admission_id}/extension", "extend",
            "DELETE /v1/admissions/{admission_id}", "release",
            "POST /v1/usage", "bookUsage",
            "POST /v1/adjustments", "adjust");

    private static final Pattern TEMPLATE = Pattern.compile("\\{([^}]+)}");

    private static final Map<String, String> TIMES = Map.of("Instant", "date-time", "LocalDate", "date");

    private final IndexView index;

    /** @param index of the classes that the description was made from */
    public ApiDescription(IndexView index) {
        this.index = index;
    }

    @Override
    public void filterOpenAPI(OpenAPI api) {
        if (api.getPaths() == null) {
            return;
        }
        if (api.getComponents() == null) {
            api.setComponents(OASFactory.createComponents());
        }
        PatchSchemas.replace(api, index);
        inlineTimes(api);
        FurtherFields.describe(api);
        SharedParts.describe(api);
        AnswerSchemas.complete(api, index);
        CommonAnswers.addTo(api.getComponents());
        addSecurity(api);
        api.getPaths().getPathItems().forEach(ApiDescription::complete);
        Examples.addTo(api);
        AnswerExamples.addTo(api);
        sort(api);
    }

    /** A time is a text with a format, for which no generated client should have a type of its own. */
    private static void inlineTimes(OpenAPI api) {
        SchemaWalk.visit(
                api,
                schema -> TIMES.forEach((name, format) -> {
                    if (("#/components/schemas/" + name).equals(schema.getRef())) {
                        schema.setRef(null);
                        schema.setType(List.of(SchemaType.STRING));
                        schema.setFormat(format);
                    }
                }));
        TIMES.keySet().forEach(api.getComponents()::removeSchema);
    }

    private static void addSecurity(OpenAPI api) {
        api.getComponents()
                .addSecurityScheme(
                        SCHEMES.get(0),
                        OASFactory.createSecurityScheme()
                                .type(SecurityScheme.Type.HTTP)
                                .scheme("bearer")
                                .description("The master key, a virtual key, or a token of the identity provider."))
                .addSecurityScheme(
                        SCHEMES.get(1),
                        OASFactory.createSecurityScheme()
                                .type(SecurityScheme.Type.APIKEY)
                                .in(SecurityScheme.In.HEADER)
                                .name("x-litellm-api-key")
                                .description(
                                        "The same in another header; also api-key, x-api-key, x-goog-api-key and Ocp-Apim-Subscription-Key."));
    }

    private static void complete(String path, PathItem item) {
        item.getOperations().forEach((method, operation) -> complete(path, method, operation));
    }

    private static void complete(String path, HttpMethod method, Operation operation) {
        if (operation.getOperationId() == null) {
            operation.setOperationId(nameOf(path, method));
        }
        if (operation.getTags() == null || operation.getTags().stream().anyMatch(ApiDescription::isMadeUp)) {
            operation.setTags(List.of(tagOf(path)));
        }
        if (operation.getSecurity() == null) {
            SCHEMES.forEach(scheme -> operation.addSecurityRequirement(
                    OASFactory.createSecurityRequirement().addScheme(scheme)));
        }
        if (operation.getParameters() != null) {
            operation.getParameters().stream()
                    .filter(parameter -> parameter.getRef() == null
                            && parameter.getSchema() == null
                            && parameter.getContent() == null)
                    .forEach(parameter ->
                            parameter.setSchema(OASFactory.createSchema().addType(SchemaType.STRING)));
        }
        describeLines(operation);
        CommonAnswers.addTo(operation, CHANGING.contains(method), takes(operation));
        if (ManagementPaths.cover(path)) {
            CommonAnswers.addHeaders(operation, CHANGING.contains(method));
        }
    }

    /** A client that is made from the description asks for one document; lines are for who asks for them knowingly. */
    private static void describeLines(Operation operation) {
        operation.getResponses().getAPIResponses().values().stream()
                .map(answer -> answer.getContent())
                .filter(content -> content != null && content.hasMediaType(LINES) && content.hasMediaType(JSON))
                .forEach(content -> {
                    content.removeMediaType(LINES);
                    operation.setDescription(
                            "With `Accept: application/x-ndjson` the answer comes line by line while the work goes on: a result each, and the sums last.");
                });
    }

    /** The framework names a tag after the class where there is none. */
    private static boolean isMadeUp(String tag) {
        return tag.endsWith(" Resource");
    }

    private static boolean takes(Operation operation) {
        return operation.getRequestBody() != null
                || (operation.getParameters() != null
                        && !operation.getParameters().isEmpty());
    }

    /**
     * {@code postTeamMemberAdd} for {@code POST /team/member_add}, {@code getAuditById} for {@code GET /audit/{id}}: unique, and stable as long as
     * the route is.
     */
    static String nameOf(String path, HttpMethod method) {
        var known = NAMES.get(method + " " + path);
        if (known != null) {
            return known;
        }
        var fixed = TEMPLATE.matcher(path).replaceAll("");
        var variable = TEMPLATE.matcher(path)
                .results()
                .map(found -> camelCase(found.group(1)))
                .collect(Collectors.joining("And"));
        return method.name().toLowerCase(Locale.ROOT) + camelCase(fixed) + (variable.isEmpty() ? "" : "By" + variable);
    }

    private static String camelCase(String words) {
        return Arrays.stream(words.split("[^A-Za-z0-9]+"))
                .filter(word -> !word.isEmpty())
                .map(word -> Character.toUpperCase(word.charAt(0)) + word.substring(1))
                .collect(Collectors.joining());
    }

    private static String tagOf(String path) {
        return Arrays.stream(path.split("/"))
                .filter(word -> !word.isEmpty() && !word.matches("v\\d+"))
                .findFirst()
                .map(word -> TAGS.getOrDefault(word, word))
                .orElse("Other");
    }

    private static void sort(OpenAPI api) {
        var paths = new TreeMap<>(api.getPaths().getPathItems());
        api.getPaths().setPathItems(paths);
        var components = api.getComponents();
        if (components.getSchemas() != null) {
            components.setSchemas(new TreeMap<>(components.getSchemas()));
        }
        var tags = paths.values().stream()
                .flatMap(item -> item.getOperations().values().stream())
                .flatMap(operation -> operation.getTags().stream())
                .distinct()
                .sorted()
                .map(name -> OASFactory.createTag().name(name))
                .toList();
        api.setTags(tags);
    }
}
