package io.tenantry.platform.openapi;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.eclipse.microprofile.openapi.OASFactory;
import org.eclipse.microprofile.openapi.models.Components;
import org.eclipse.microprofile.openapi.models.OpenAPI;
import org.eclipse.microprofile.openapi.models.media.Schema;
import org.eclipse.microprofile.openapi.models.media.Schema.SchemaType;

/**
 * Further limits, which the code keeps as one object, stand beside the other fields on the wire. Here they are described one by one: in requests
 * that take limits, and in answers that show them. A test holds the names equal to those that are read.
 */
final class FurtherFields {

    /** Where requests keep the fields that they have no component for. */
    private static final String OTHERS = "others";

    /** Where answers keep the further limits. */
    private static final List<String> SHOWN = List.of("further_limits", "furtherLimits");

    /** A request that takes limits takes this one. */
    private static final String A_LIMIT = "tpm_limit";

    /** Requests for keys and teams have one of these, others have none. */
    private static final List<String> OF_TENANTS = List.of("guardrails");

    /** Requests for keys have this one. */
    private static final String OF_KEYS = "key_type";

    private static final String WINDOW = "BudgetWindow";
    private static final String OF_MODEL = "ModelBudget";

    private FurtherFields() {}

    static void describe(OpenAPI api) {
        var components = api.getComponents();
        if (components.getSchemas() == null) {
            return;
        }
        SchemaWalk.visit(api, schema -> {
            if (schema.getProperties() != null) {
                replaceIn(schema);
            }
        });
        addTypes(components);
    }

    private static void replaceIn(Schema schema) {
        var properties = new LinkedHashMap<>(schema.getProperties());
        boolean takes = properties.remove(OTHERS) != null && properties.containsKey(A_LIMIT);
        boolean shows = properties.keySet().removeAll(SHOWN);
        if (takes || shows) {
            fields().forEach(properties::putIfAbsent);
            if (shows || OF_TENANTS.stream().anyMatch(properties::containsKey)) {
                throughput().forEach(properties::putIfAbsent);
            }
            if (shows || properties.containsKey(OF_KEYS)) {
                properties.putIfAbsent(
                        "throttle_on_budget_exceeded",
                        one(SchemaType.BOOLEAN, "Go on at a part of the rates when the budget is spent"));
                properties.putIfAbsent(
                        "tag_rpm_limit", byModel(integer(), "Requests per minute, by tag of the request"));
            }
        }
        schema.setProperties(properties);
    }

    /** What a rate promises. */
    private static Map<String, Schema> throughput() {
        var fields = new LinkedHashMap<String, Schema>();
        for (var rate : List.of("rpm_limit", "tpm_limit")) {
            fields.put(
                    rate + "_type",
                    one(SchemaType.STRING, "What " + rate + " promises")
                            .enumeration(
                                    Arrays.asList("best_effort_throughput", "guaranteed_throughput", "dynamic", null))
                            .examples(List.of("guaranteed_throughput")));
        }
        return fields;
    }

    private static Map<String, Schema> fields() {
        var fields = new LinkedHashMap<String, Schema>();
        fields.put("tpd_limit", one(SchemaType.INTEGER, "Tokens per day"));
        fields.put("model_itpm_limit", byModel(integer(), "Input tokens per minute, by model"));
        fields.put("model_otpm_limit", byModel(integer(), "Output tokens per minute, by model"));
        fields.put(
                "budget_limits",
                one(SchemaType.ARRAY, "Caps beside the main one, each with a period of its own; all must pass")
                        .items(OASFactory.createSchema().ref(WINDOW)));
        fields.put(
                "model_max_budget",
                byModel(OASFactory.createSchema().ref(OF_MODEL), "What single models may cost, by model"));
        fields.put("token_budget", one(SchemaType.INTEGER, "Tokens in a period of budget_duration"));
        fields.put("request_budget", one(SchemaType.INTEGER, "Requests in a period of budget_duration"));
        fields.put(
                "budget_time_zone",
                one(SchemaType.STRING, "Where days, weeks and months of the periods begin")
                        .examples(List.of("Europe/Berlin")));
        fields.put(
                "budget_rollover",
                one(SchemaType.NUMBER, "How much unused budget the next period may have in addition, in US dollars"));
        fields.put(
                "tpm_limit_counts",
                one(SchemaType.STRING, "Which tokens the limits of tokens count")
                        .enumeration(Arrays.asList("total", "input", "output", null))
                        .examples(List.of("input")));
        fields.put(
                "shadow_limits",
                one(SchemaType.ARRAY, "Kinds of limits that are counted and reported and never refuse")
                        .items(OASFactory.createSchema()
                                .addType(SchemaType.STRING)
                                .enumeration(List.of("requests", "tokens", "max_parallel_requests", "budget"))));
        return fields;
    }

    private static void addTypes(Components components) {
        components.addSchema(
                WINDOW,
                object().description("A cap and the period that it is for; without one for ever")
                        .addProperty(
                                "budget_duration", one(SchemaType.STRING, null).examples(List.of("1d")))
                        .addProperty(
                                "max_budget",
                                OASFactory.createSchema()
                                        .addType(SchemaType.NUMBER)
                                        .examples(List.of(5)))
                        .required(List.of("max_budget")));
        components.addSchema(
                OF_MODEL,
                object().description("What one model may cost and how often it may be called")
                        .addProperty(
                                "budget_duration", one(SchemaType.STRING, null).examples(List.of("1d")))
                        .addProperty("max_budget", one(SchemaType.NUMBER, null).examples(List.of(5)))
                        .addProperty(
                                "tpm_limit",
                                one(SchemaType.INTEGER, null).format("int64").examples(List.of(40000)))
                        .addProperty(
                                "rpm_limit",
                                one(SchemaType.INTEGER, null).format("int64").examples(List.of(60))));
    }

    private static Schema object() {
        return OASFactory.createSchema().addType(SchemaType.OBJECT);
    }

    private static Schema integer() {
        return OASFactory.createSchema().addType(SchemaType.INTEGER).format("int64");
    }

    /** Null takes the limit away, or says that there is none. */
    private static Schema one(SchemaType type, String description) {
        var schema =
                OASFactory.createSchema().addType(type).addType(SchemaType.NULL).description(description);
        return type == SchemaType.INTEGER ? schema.format("int64") : schema;
    }

    private static Schema byModel(Schema value, String description) {
        return one(SchemaType.OBJECT, description).additionalPropertiesSchema(value);
    }
}
