package io.tenantry.tenancy;

import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import io.tenantry.tenancy.Enrolment.Person;
import jakarta.validation.constraints.AssertTrue;
import jakarta.validation.constraints.NotBlank;

/** The member to be taken out of a team: named by id or by e-mail address. */
@JsonNaming(PropertyNamingStrategies.SnakeCaseStrategy.class)
public record DeleteTeamMemberRequest(@NotBlank String teamId, String userId, String userEmail) {

    @AssertTrue(message = "needs a user_id or a user_email")
    boolean isNamed() {
        return person().userId() != null || person().email() != null;
    }

    Person person() {
        return new Person(userId, userEmail);
    }
}
