package io.tenantry.limits;

import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.annotation.JsonNaming;

/** Something that a budget limits. A key is named by its token, which is the hash of its secret; a member has the team or organization as its parent. */
@JsonNaming(PropertyNamingStrategies.SnakeCaseStrategy.class)
public record LinkedEntityView(
        String entityType, String entityId, String entityName, String parentEntityId, String parentEntityName) {

    /** For messages. */
    String named() {
        var label = entityType.replace('_', ' ');
        var name = entityType.equals("key") && entityName != null ? entityName : entityId;
        return parentEntityId == null
                ? "%s '%s'".formatted(label, name)
                : "%s '%s' of '%s'".formatted(label, name, parentEntityId);
    }
}
