package io.tenantry.keys;

import io.restassured.path.json.JsonPath;
import io.tenantry.testing.Admissions;
import io.tenantry.testing.Api;
import io.tenantry.testing.Given;
import io.tenantry.testing.StoreAccess;
import java.util.Map;

/** A key's way through admission and settlement, and what is stored of it. */
final class KeyFixtures {

    private KeyFixtures() {}

    record Issued(String keyId, String secret, String token) {}

    static Issued issue(Object... fields) {
        return issued(Api.asMaster().create("/key/generate", Given.body(fields)));
    }

    static Issued issued(JsonPath answer) {
        return new Issued(answer.getString("key_id"), answer.getString("key"), answer.getString("token"));
    }

    static JsonPath update(Object... fields) {
        return Api.asMaster().create("/key/update", Given.body(fields));
    }

    static JsonPath info(String key) {
        return Api.asMaster()
                .get("/key/info", Map.of("key", key))
                .then()
                .statusCode(200)
                .extract()
                .jsonPath();
    }

    static JsonPath admission(String key, double cost) {
        return Api.asMaster().create("/v1/admissions", Admissions.request(key, "estimated_cost_usd", cost));
    }

    static boolean admitted(String key) {
        return admission(key, 0).getBoolean("admitted");
    }

    /** Whether a request of this cost passes; it is given back at once. */
    static boolean affords(String key, double cost) {
        var admission = admission(key, cost);
        if (admission.getBoolean("admitted")) {
            Api.asMaster().delete("/v1/admissions/" + admission.getString("admission_id"));
        }
        return admission.getBoolean("admitted");
    }

    /** Books this much for the key. */
    static void spend(String key, double cost) {
        var admission = admission(key, 0);
        Api.asMaster()
                .create(
                        "/v1/admissions/" + admission.getString("admission_id") + "/settlement",
                        Given.body("input_tokens", 1, "output_tokens", 1, "cost_usd", cost));
    }

    static String audited(String keyId, String action) {
        return StoreAccess.queryOne("select count(*) from audit_log where object_id = ? and action = ?", keyId, action);
    }
}
