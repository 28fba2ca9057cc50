package io.tenantry.testing;

import static io.restassured.RestAssured.given;

import io.restassured.http.ContentType;
import io.restassured.path.json.JsonPath;
import io.restassured.response.Response;
import io.restassured.specification.RequestSpecification;
import java.util.Map;

/** The service's HTTP surface as one caller sees it. */
public final class Api {

    public static final String MASTER_KEY = "sk-test-master-key-0123456789";

    private final String credential;

    private Api(String credential) {
        this.credential = credential;
    }

    public static Api asMaster() {
        return new Api(MASTER_KEY);
    }

    public static Api as(String key) {
        return new Api(key);
    }

    public static Api asNobody() {
        return new Api(null);
    }

    public Response post(String path, Object body) {
        return request().body(body).post(path);
    }

    public Response patch(String path, Object body) {
        return request().body(body).patch(path);
    }

    public Response put(String path, Object body) {
        return request().body(body).put(path);
    }

    public Response get(String path, Map<String, ?> query) {
        return request().queryParams(query).get(path);
    }

    public Response get(String path) {
        return request().get(path);
    }

    public Response delete(String path) {
        return request().delete(path);
    }

    /** Posts and expects 200. */
    public JsonPath create(String path, Object body) {
        var response = post(path, body);
        if (response.statusCode() != 200) {
            throw new AssertionError(path + " answered " + response.statusCode() + ": " + response.asString());
        }
        return response.jsonPath();
    }

    private RequestSpecification request() {
        var request = given().contentType(ContentType.JSON).accept(ContentType.JSON);
        return credential == null ? request : request.header("Authorization", "Bearer " + credential);
    }
}
