package io.tenantry.limits;

import jakarta.validation.constraints.NotEmpty;
import jakarta.validation.constraints.NotNull;
import jakarta.validation.constraints.Size;
import java.util.List;

/** Which tags are asked for. */
public record TagNamesRequest(
        @NotEmpty @Size(max = TagNamesRequest.MOST) List<@NotNull String> names) {

    static final int MOST = 1_000;
}
