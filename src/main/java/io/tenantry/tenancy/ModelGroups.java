package io.tenantry.tenancy;

import io.smallrye.mutiny.Uni;
import java.util.Collection;
import java.util.List;
import java.util.Map;

/** Model access groups, as teams name them. Each call runs in the caller's session. */
public interface ModelGroups {

    /** One group and what it grants. */
    record Group(String accessGroupId, String accessGroupName, List<String> models) {}

    /** The groups of these ids, by id, in one statement; unknown ones are absent. */
    Uni<Map<String, Group>> byIds(Collection<String> groupIds);

    /**
     * Holds these groups until the transaction ends, so that none is deleted under the team that it is assigned to; before the team is locked, as
     * whoever changes a group does. Fails with NOT_FOUND naming {@code access_group_ids}.
     */
    Uni<Void> hold(Collection<String> groupIds);
}
