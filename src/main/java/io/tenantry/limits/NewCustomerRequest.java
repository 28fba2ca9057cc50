package io.tenantry.limits;

import com.fasterxml.jackson.annotation.JsonAnySetter;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import io.tenantry.tenancy.LimitColumns;
import io.tenantry.tenancy.ObjectPermissionRequest;
import io.tenantry.tenancy.UnsupportedFields;
import jakarta.validation.Valid;
import jakarta.validation.constraints.NotBlank;
import jakarta.validation.constraints.Pattern;
import jakarta.validation.constraints.Size;
import java.math.BigDecimal;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Map;

/** The customer to be made, with a shared budget or limits of its own. */
@JsonNaming(PropertyNamingStrategies.SnakeCaseStrategy.class)
public record NewCustomerRequest(
        @NotBlank @Size(max = 255) String userId,
        @Size(max = 255) String alias,
        Boolean blocked,
        @Pattern(regexp = NewCustomerRequest.REGION) String allowedModelRegion,
        @Size(min = 1, max = 255) String defaultModel,
        String budgetId,
        BigDecimal maxBudget,
        BigDecimal softBudget,
        String budgetDuration,
        Instant budgetResetAt,
        Long tpmLimit,
        Long rpmLimit,
        Integer maxParallelRequests,
        @Valid ObjectPermissionRequest objectPermission,
        @JsonAnySetter Map<String, Object> others) {

    static final String REGION = "eu|us";

    LimitColumns limits() {
        var limits = LimitColumns.of(maxBudget, softBudget, budgetDuration, tpmLimit, rpmLimit, maxParallelRequests)
                .withFurther(others);
        BudgetReset.require(budgetResetAt, limits, Instant.now());
        return limits;
    }

    String sharedBudgetOrNone() {
        return budgetId == null || budgetId.isBlank() ? null : budgetId;
    }

    /** The customer without its budget. Fails naming the first field that cannot be honoured. */
    Customer toCustomer(String actor) {
        UnsupportedFields.refuse(others, UnsupportedFields.OF_CUSTOMERS);
        var customer = new Customer();
        customer.endUserId = userId;
        customer.alias = alias;
        customer.blocked = Boolean.TRUE.equals(blocked);
        customer.allowedModelRegion = allowedModelRegion;
        customer.defaultModel = defaultModel;
        customer.createdAt = Instant.now().truncatedTo(ChronoUnit.MICROS);
        customer.updatedAt = customer.createdAt;
        customer.createdBy = actor;
        customer.updatedBy = actor;
        return customer;
    }
}
