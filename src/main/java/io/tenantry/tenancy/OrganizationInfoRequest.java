package io.tenantry.tenancy;

import jakarta.validation.constraints.NotNull;
import jakarta.validation.constraints.Size;
import java.util.List;

/** Which organizations the deprecated {@code POST /organization/info} is about. */
public record OrganizationInfoRequest(
        @NotNull @Size(max = 500) List<@NotNull String> organizations) {}
