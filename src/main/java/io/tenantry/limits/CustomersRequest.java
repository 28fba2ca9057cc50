package io.tenantry.limits;

import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import jakarta.validation.constraints.NotBlank;
import jakarta.validation.constraints.NotEmpty;
import jakarta.validation.constraints.Size;
import java.util.List;

/** Which customers are meant. */
@JsonNaming(PropertyNamingStrategies.SnakeCaseStrategy.class)
public record CustomersRequest(
        @NotEmpty @Size(max = CustomersRequest.MOST) List<@NotBlank @Size(max = 255) String> userIds) {

    /** One transaction holds a lock on each of them. */
    static final int MOST = 500;

    List<String> distinct() {
        return userIds.stream().distinct().toList();
    }
}
