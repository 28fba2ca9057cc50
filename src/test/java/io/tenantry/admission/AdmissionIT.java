package io.tenantry.admission;

import io.quarkus.test.junit.QuarkusIntegrationTest;

/** The packaged service gives the same answers. */
@QuarkusIntegrationTest
class AdmissionIT extends AdmissionTest {}
