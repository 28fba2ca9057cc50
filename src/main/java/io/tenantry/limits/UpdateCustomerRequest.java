package io.tenantry.limits;

import com.fasterxml.jackson.annotation.JsonAnySetter;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import io.tenantry.core.Patch;
import io.tenantry.tenancy.LimitPatch;
import io.tenantry.tenancy.ObjectPermissionPatch;
import io.tenantry.tenancy.UnsupportedFields;
import jakarta.validation.Valid;
import jakarta.validation.constraints.NotBlank;
import jakarta.validation.constraints.Pattern;
import jakarta.validation.constraints.Size;
import java.math.BigDecimal;
import java.time.Instant;
import java.util.Map;

/** What is to change in a customer: absent stays, null is cleared. */
@JsonNaming(PropertyNamingStrategies.SnakeCaseStrategy.class)
public record UpdateCustomerRequest(
        @NotBlank String userId,
        Patch<@Size(max = 255) String> alias,
        Patch<Boolean> blocked,
        Patch<@Pattern(regexp = NewCustomerRequest.REGION) String> allowedModelRegion,
        Patch<@Size(min = 1, max = 255) String> defaultModel,
        Patch<String> budgetId,
        Patch<BigDecimal> maxBudget,
        Patch<BigDecimal> softBudget,
        Patch<String> budgetDuration,
        Patch<Instant> budgetResetAt,
        Patch<Long> tpmLimit,
        Patch<Long> rpmLimit,
        Patch<Integer> maxParallelRequests,
        Patch<@Valid ObjectPermissionPatch> objectPermission,
        @JsonAnySetter Map<String, Object> others) {

    void requireSupported() {
        UnsupportedFields.refuse(others, UnsupportedFields.OF_CUSTOMERS);
        UnsupportedFields.refuseSpend(others);
        objectPermission.ifPresent(permission -> {
            if (permission != null) {
                permission.requireSupported();
            }
        });
    }

    LimitPatch limits() {
        return new LimitPatch(maxBudget, softBudget, budgetDuration, tpmLimit, rpmLimit, maxParallelRequests, others);
    }

    /** Everything but the budget and the object permission. */
    void applyTo(Customer customer, String actor) {
        customer.alias = alias.over(customer.alias);
        blocked.ifPresent(block -> customer.blocked = Boolean.TRUE.equals(block));
        customer.allowedModelRegion = allowedModelRegion.over(customer.allowedModelRegion);
        customer.defaultModel = defaultModel.over(customer.defaultModel);
        customer.updatedBy = actor;
    }
}
