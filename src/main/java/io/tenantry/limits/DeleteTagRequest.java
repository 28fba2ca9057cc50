package io.tenantry.limits;

import jakarta.validation.constraints.NotBlank;

/** Which tag to delete. */
public record DeleteTagRequest(@NotBlank String name) {}
