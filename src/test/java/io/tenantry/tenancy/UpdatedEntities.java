package io.tenantry.tenancy;

import static io.tenantry.testing.Given.body;
import static org.assertj.core.api.Assertions.assertThat;

import io.restassured.path.json.JsonPath;
import io.restassured.response.Response;
import io.tenantry.access.UpdateAccessGroupRequest;
import io.tenantry.keys.UpdateKeyRequest;
import io.tenantry.limits.UpdateBudgetRequest;
import io.tenantry.limits.UpdateCustomerRequest;
import io.tenantry.limits.UpdateTagRequest;
import io.tenantry.tenancy.UpdatedEntity.Field;
import io.tenantry.testing.Api;
import io.tenantry.testing.Given;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Everything that has an update, with all of its fields. */
final class UpdatedEntities {

    private static final String TABLE = "litellm_budget_table";

    private static final List<Field> LIMITS = List.of(
            Field.of("max_budget", 12, null, 0),
            Field.of("soft_budget", 3, null, 0),
            Field.of("budget_duration", "7d", null, null),
            Field.of("tpm_limit", 500, null, 0),
            Field.of("rpm_limit", 50, null, 0),
            Field.of("max_parallel_requests", 5, null, 0));

    private static final List<Field> FURTHER = List.of(
            Field.of("tpd_limit", 7000, null, 0),
            Field.of("model_itpm_limit", Map.of("m", 5), null, Map.of("m", 0)),
            Field.of("model_otpm_limit", Map.of("m", 6), null, Map.of("m", 0)),
            Field.of("budget_limits", List.of(window(2)), null, List.of(window(0))),
            Field.of("model_max_budget", Map.of("m", window(2)), null, Map.of("m", window(0))),
            Field.of("token_budget", 900, null, 0),
            Field.of("request_budget", 90, null, 0),
            Field.of("budget_time_zone", "Europe/Berlin", null, null),
            Field.of("budget_rollover", 1, null, 0),
            Field.of("shadow_limits", List.of("budget"), null, null),
            Field.of("tpm_limit_counts", "input", null, null));

    /** What rates promise beside others': of teams and keys. */
    private static final List<Field> THROUGHPUT = List.of(
            Field.of("rpm_limit_type", "best_effort_throughput", null, null),
            Field.of("tpm_limit_type", "guaranteed_throughput", null, null));

    private static final String THROTTLE = "throttle_on_budget_exceeded";
    private static final String TAG_RATES = "tag_rpm_limit";

    /** Limits that are refused where there is nothing to enforce. */
    private static final Set<String> NOT_HERE = Set.of("rpm_limit_type", "tpm_limit_type", THROTTLE, TAG_RATES);

    /** What clients write beside the metadata and read inside it. */
    private static final List<Field> FOLDED = List.of(
            Field.of("model_rpm_limit", Map.of("m", 5), null, Map.of("m", 0)).in("metadata"),
            Field.of("model_tpm_limit", Map.of("m", 6), null, Map.of("m", 0)).in("metadata"),
            Field.of("tags", List.of("t"), null, null).in("metadata"));

    private static final Field GUARDRAILS =
            Field.of("guardrails", List.of("pii"), null, null).in("metadata");

    private static final Field METADATA = Field.of("metadata", Map.of("cost_center", "7"), null, null)
            .at("metadata.cost_center")
            .shownAs("7");

    private static final Field PERMISSION = Field.of(
                    "object_permission", Map.of("vector_stores", List.of("v")), null, null)
            .at("object_permission.vector_stores")
            .shownAs(List.of("v"));

    private static final Field MODELS = Field.of("models", List.of("gpt-4o"), List.of(), List.of("no-default-models"));

    private static final Field BLOCKED = Field.of("blocked", true, false, null);

    static final List<UpdatedEntity> ALL = List.of(
            organization("/organization/update"),
            organization("/v2/organization"),
            organizationMember(),
            team("/team/update"),
            team("/team/{team_id}"),
            teamMember(),
            user(),
            key(),
            budget(),
            customer(),
            tag(),
            accessGroup());

    private UpdatedEntities() {}

    private static Map<String, Object> window(int usd) {
        return Map.of("budget_duration", "1d", "max_budget", usd);
    }

    /** Limits, plain and further, inside an object of this name. */
    private static Stream<Field> limitsIn(String outer) {
        return Stream.concat(LIMITS.stream(), FURTHER.stream()).map(field -> field.in(outer));
    }

    /** Limits of a row of its own, which shows budgets of single models as an object in any case. */
    private static Stream<Field> limitsOfRow() {
        return Stream.concat(LIMITS.stream(), FURTHER.stream())
                .map(field -> field.name().equals("model_max_budget") ? field.clearedTo(Map.of()) : field);
    }

    private static List<Field> fields(Stream<Field> limits, List<Field> some, Field... more) {
        var all = new ArrayList<>(limits.toList());
        all.addAll(some);
        all.addAll(List.of(more));
        return List.copyOf(all);
    }

    private static Set<String> and(Set<String> some, String... more) {
        return Stream.concat(some.stream(), Stream.of(more)).collect(Collectors.toSet());
    }

    private static Map<String, Object> with(String name, Object id, Map<String, Object> change) {
        var body = new HashMap<>(change);
        body.put(name, id);
        return body;
    }

    private static JsonPath done(Response response) {
        assertThat(response.statusCode()).as(response.asString()).isLessThan(300);
        return response.jsonPath();
    }

    private static UpdatedEntity organization(String route) {
        return new UpdatedEntity(
                route,
                UpdateOrganizationRequest.class,
                and(NOT_HERE, "organization_id", "organization_alias", "budget_id", TABLE),
                fields(
                        limitsIn(TABLE),
                        FOLDED,
                        METADATA,
                        PERMISSION,
                        MODELS,
                        BLOCKED,
                        Field.of("members_may_create_teams", true, false, null),
                        Field.of("members_may_create_keys", true, false, null),
                        Field.of("strict_allocation", true, false, null)),
                () -> Map.of("id", Given.organization()),
                (names, change) -> done(
                        route.startsWith("/v2")
                                ? Api.asMaster().patch(route + "/" + names.get("id"), change)
                                : Api.asMaster().patch(route, with("organization_id", names.get("id"), change))),
                names -> done(Api.asMaster().get("/organization/info", Map.of("organization_id", names.get("id"))))
                        .getMap("$"),
                Map.of());
    }

    /** As any limits, but for the budget's name. */
    private static Stream<Field> limitsOfMember(String budgetName) {
        return limitsIn(TABLE)
                .map(field -> field.name().equals("max_budget")
                        ? Field.of(budgetName, 12, null, 0).at(TABLE + ".max_budget")
                        : field);
    }

    private static UpdatedEntity organizationMember() {
        return new UpdatedEntity(
                "/organization/member_update",
                UpdateOrganizationMemberRequest.class,
                and(NOT_HERE, "organization_id", "user_id", "user_email", "role"),
                limitsOfMember("max_budget_in_organization").toList(),
                () -> {
                    var organization = Given.organization();
                    return Map.of(
                            "id",
                            Tenants.memberOf(organization, "internal_user").userId(),
                            "outer",
                            organization);
                },
                (names, change) -> done(Api.asMaster()
                        .patch(
                                "/organization/member_update",
                                with("user_id", names.get("id"), with("organization_id", names.get("outer"), change)))),
                names -> done(Api.asMaster().get("/organization/info", Map.of("organization_id", names.get("outer"))))
                        .getMap("members.find { it.user_id == '" + names.get("id") + "' }"),
                Map.of());
    }

    private static UpdatedEntity team(String route) {
        var defaults = "team_member_budget_table";
        return new UpdatedEntity(
                route,
                UpdateTeamRequest.class,
                Set.of("team_id", "organization_id", THROTTLE, TAG_RATES),
                fields(
                        Stream.concat(limitsOfRow(), THROUGHPUT.stream()),
                        FOLDED,
                        GUARDRAILS,
                        METADATA,
                        PERMISSION,
                        MODELS,
                        BLOCKED,
                        Field.of("team_alias", "renamed", null, null),
                        Field.of("team_member_permissions", List.of("/key/list"), List.of(), null),
                        Field.of("model_aliases", Map.of("fast", "m"), null, null)
                                .in("litellm_model_table"),
                        Field.of("default_team_member_models", List.of("gpt-4o"), List.of(), null),
                        Field.of("access_group_ids", List.of("$group"), List.of(), null),
                        Field.of("team_member_budget", 2, null, 0).at(defaults + ".max_budget"),
                        Field.of("team_member_budget_duration", "1d", null, null)
                                .at(defaults + ".budget_duration"),
                        Field.of("team_member_rpm_limit", 2, null, 0).at(defaults + ".rpm_limit"),
                        Field.of("team_member_tpm_limit", 2, null, 0).at(defaults + ".tpm_limit")),
                () -> Map.of("id", Given.team(), "group", group()),
                (names, change) -> done(
                        route.endsWith("}")
                                ? Api.asMaster().patch("/team/" + names.get("id"), change)
                                : Api.asMaster().post(route, with("team_id", names.get("id"), change))),
                names -> done(Api.asMaster().get("/team/info", Map.of("team_id", names.get("id"))))
                        .getMap("team_info"),
                Map.of());
    }

    private static UpdatedEntity teamMember() {
        return new UpdatedEntity(
                "/team/member_update",
                UpdateTeamMemberRequest.class,
                and(NOT_HERE, "team_id", "user_id", "user_email", "role", "temp_budget_increase", "temp_budget_expiry"),
                Stream.concat(
                                limitsOfMember("max_budget_in_team"),
                                Stream.of(Field.of("allowed_models", List.of("gpt-4o"), List.of(), null)
                                        .in(TABLE)))
                        .toList(),
                () -> {
                    var team = Given.team();
                    return Map.of("id", Tenants.inTeam(team, "user").userId(), "outer", team);
                },
                (names, change) -> done(Api.asMaster()
                        .post(
                                "/team/member_update",
                                with("user_id", names.get("id"), with("team_id", names.get("outer"), change)))),
                names -> done(Api.asMaster().get("/team/info", Map.of("team_id", names.get("outer"))))
                        .getMap("team_memberships.find { it.user_id == '" + names.get("id") + "' }"),
                Map.of());
    }

    private static UpdatedEntity user() {
        return new UpdatedEntity(
                "/user/update",
                UpdateUserRequest.class,
                and(NOT_HERE, "user_id"),
                fields(
                        limitsOfRow(),
                        List.of(),
                        METADATA,
                        PERMISSION,
                        MODELS,
                        BLOCKED,
                        Field.of("user_email", "$new@example.org", null, null),
                        Field.of("user_alias", "kim", null, null),
                        Field.of("sso_user_id", "$new", null, null),
                        Field.of("user_role", "internal_user_viewer", null, null),
                        Field.of("allowed_model_region", "eu", null, null),
                        Field.of("allowed_model_max_input_tokens", 4000, null, 0),
                        Field.of("allowed_model_max_output_tokens", 500, null, 0)),
                () -> Map.of("id", Given.user()),
                (names, change) -> done(Api.asMaster().post("/user/update", with("user_id", names.get("id"), change))),
                names -> done(Api.asMaster().get("/user/info", Map.of("user_id", names.get("id"))))
                        .getMap("user_info"),
                Map.of());
    }

    private static UpdatedEntity key() {
        var limits =
                limitsOfRow().map(field -> field.name().equals("budget_limits") ? field.clearedTo(List.of()) : field);
        return new UpdatedEntity(
                "/key/update",
                UpdateKeyRequest.class,
                Set.of(
                        "key",
                        "key_type",
                        "duration",
                        "budget_id",
                        "user_id",
                        "team_id",
                        "organization_id",
                        "temp_budget_increase",
                        "temp_budget_expiry",
                        "spend"),
                fields(
                        Stream.concat(limits, THROUGHPUT.stream()),
                        FOLDED,
                        GUARDRAILS,
                        METADATA,
                        PERMISSION,
                        MODELS,
                        BLOCKED,
                        Field.of(THROTTLE, true, null, null),
                        Field.of(TAG_RATES, Map.of("t", 5), null, Map.of("t", 0)),
                        Field.of("key_alias", "$new", null, null),
                        Field.of("access_group_ids", List.of("$group"), List.of(), null),
                        Field.of("aliases", Map.of("fast", "gpt-4o"), Map.of(), null),
                        Field.of("allowed_routes", List.of("/key/info"), List.of(), null)),
                () -> Map.of(
                        "group",
                        group(),
                        "id",
                        Api.asMaster().create("/key/generate", body()).getString("key_id")),
                (names, change) -> done(Api.asMaster().post("/key/update", with("key", names.get("id"), change))),
                names -> done(Api.asMaster().get("/key/info", Map.of("key", names.get("id"))))
                        .getMap("info"),
                // metadata of a key is replaced with everything that is in it
                Map.of("metadata", Set.of("model_rpm_limit", "model_tpm_limit", "tags", "guardrails")));
    }

    private static UpdatedEntity budget() {
        return new UpdatedEntity(
                "/budget/update",
                UpdateBudgetRequest.class,
                and(NOT_HERE, "budget_id", "budget_reset_at"),
                Stream.concat(LIMITS.stream(), FURTHER.stream()).toList(),
                () -> Map.of(
                        "id",
                        Api.asMaster()
                                .create("/budget/new", body("budget_id", Given.unique("budget")))
                                .getString("budget_id")),
                (names, change) ->
                        done(Api.asMaster().post("/budget/update", with("budget_id", names.get("id"), change))),
                names -> done(Api.asMaster().post("/budget/info", body("budgets", List.of(names.get("id")))))
                        .getMap("[0]"),
                Map.of());
    }

    private static UpdatedEntity customer() {
        return new UpdatedEntity(
                "/customer/update",
                UpdateCustomerRequest.class,
                and(NOT_HERE, "user_id", "budget_id", "budget_reset_at"),
                fields(
                        limitsIn(TABLE),
                        List.of(),
                        PERMISSION,
                        BLOCKED,
                        Field.of("alias", "Ada", null, null),
                        Field.of("allowed_model_region", "eu", null, null),
                        Field.of("default_model", "gpt-4o", null, null)),
                () -> {
                    var customer = Given.unique("customer");
                    Api.asMaster().create("/customer/new", body("user_id", customer));
                    return Map.of("id", customer);
                },
                (names, change) ->
                        done(Api.asMaster().post("/customer/update", with("user_id", names.get("id"), change))),
                names -> done(Api.asMaster().get("/customer/info", Map.of("end_user_id", names.get("id"))))
                        .getMap("$"),
                Map.of());
    }

    private static UpdatedEntity tag() {
        return new UpdatedEntity(
                "/tag/update",
                UpdateTagRequest.class,
                and(NOT_HERE, "name", "budget_id", "budget_reset_at"),
                fields(limitsIn(TABLE), List.of(), Field.of("description", "d", null, null)),
                () -> {
                    var tag = Given.unique("tag");
                    Api.asMaster().create("/tag/new", body("name", tag));
                    return Map.of("id", tag);
                },
                (names, change) -> done(Api.asMaster().post("/tag/update", with("name", names.get("id"), change))),
                names -> done(Api.asMaster().post("/tag/info", body("names", List.of(names.get("id")))))
                        .<String, Map<String, Object>>getMap("$")
                        .get(names.get("id")),
                Map.of());
    }

    private static String group() {
        return done(Api.asMaster().post("/v1/access_group", body("access_group_name", Given.unique("group"))))
                .getString("access_group_id");
    }

    private static UpdatedEntity accessGroup() {
        return new UpdatedEntity(
                "/v1/access_group",
                UpdateAccessGroupRequest.class,
                Set.of("access_group_name"),
                List.of(
                        Field.of("description", "d", null, null),
                        Field.of("access_model_names", List.of("gpt-4o"), List.of(), null),
                        Field.of("assigned_team_ids", List.of("$team"), List.of(), null),
                        Field.of("assigned_key_ids", List.of("$key"), List.of(), null)),
                () -> Map.of(
                        "id",
                        group(),
                        "team",
                        Given.team(),
                        "key",
                        Api.asMaster().create("/key/generate", body()).getString("token")),
                (names, change) -> done(Api.asMaster().put("/v1/access_group/" + names.get("id"), change)),
                names -> done(Api.asMaster().get("/v1/access_group/" + names.get("id")))
                        .getMap("$"),
                Map.of());
    }
}
