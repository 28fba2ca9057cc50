package io.tenantry;

import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.tenantry.testing.Api;
import io.tenantry.testing.StoresResource;
import org.junit.jupiter.api.Test;

@QuarkusTest
@QuarkusTestResource(StoresResource.class)
class AuthenticationTest {

    @Test
    void an_unknown_route_is_404_in_the_one_error_body() {
        Api.asMaster().get("/no/such/route").then().statusCode(404);
    }
}
