package io.tenantry.tenancy;

import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import io.tenantry.tenancy.Enrolment.Person;
import jakarta.validation.constraints.AssertTrue;
import jakarta.validation.constraints.NotNull;
import jakarta.validation.constraints.Pattern;
import jakarta.validation.constraints.Size;

/** A user to be put into an organization: named by id, by e-mail address or by both. */
@JsonNaming(PropertyNamingStrategies.SnakeCaseStrategy.class)
public record OrganizationMemberRequest(
        @NotNull
        @Pattern(
                regexp = "org_admin|internal_user|internal_user_viewer",
                message = "must be org_admin, internal_user or internal_user_viewer")
        String role,

        String userId,
        @Size(max = 255) String userEmail) {

    @AssertTrue(message = "needs a user_id or a user_email")
    boolean isNamed() {
        return person().userId() != null || person().email() != null;
    }

    Person person() {
        return new Person(userId, userEmail);
    }
}
