package io.tenantry.admission;

import com.fasterxml.jackson.databind.PropertyNamingStrategies.SnakeCaseStrategy;
import com.fasterxml.jackson.databind.annotation.JsonNaming;

/** The answer to a release. */
@JsonNaming(SnakeCaseStrategy.class)
public record ReleaseView(String admissionId, String requestId, boolean released) {}
