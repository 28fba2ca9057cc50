package io.tenantry.testing;

import static io.restassured.RestAssured.given;

import io.restassured.http.ContentType;
import io.restassured.response.ValidatableResponse;

/** DELETE calls whose body names what shall go. */
public final class Deleting {

    private Deleting() {}

    public static ValidatableResponse asMaster(String path, Object body) {
        return as(Api.MASTER_KEY, path, body);
    }

    /** @param key null for nobody */
    public static ValidatableResponse as(String key, String path, Object body) {
        var request =
                given().contentType(ContentType.JSON).accept(ContentType.JSON).body(body);
        return (key == null ? request : request.header("Authorization", "Bearer " + key))
                .delete(path)
                .then();
    }
}
