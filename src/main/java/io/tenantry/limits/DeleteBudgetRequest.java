package io.tenantry.limits;

import jakarta.validation.constraints.NotBlank;

/** Which budget to delete. */
public record DeleteBudgetRequest(@NotBlank String id) {}
