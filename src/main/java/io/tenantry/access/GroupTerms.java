package io.tenantry.access;

import io.tenantry.core.Problem;
import io.tenantry.core.ProblemCode;
import java.util.Collection;
import java.util.List;
import java.util.Map;

/** What a group may be called and what it may hold. */
final class GroupTerms {

    /** Words of lists that mean something at the level where they stand, and so cannot stand for a group or be granted by one. */
    private static final List<String> ABOUT_THE_LEVEL =
            List.of(ModelList.ALL_TEAM_MODELS, ModelList.NO_DEFAULT_MODELS, "all-proxy-models");

    /** What would be granted with a group and is not the service's to grant. */
    private static final List<String> NOT_MODELS = List.of("access_mcp_server_ids", "access_agent_ids");

    private GroupTerms() {}

    static String requireName(String name) {
        if (name.indexOf('*') >= 0 || ABOUT_THE_LEVEL.contains(name)) {
            throw Problem.of(ProblemCode.INVALID_VALUE)
                    .param("access_group_name")
                    .detail("access_group_name '%s' already means something in lists of models", name);
        }
        return name;
    }

    static List<String> requireModels(List<String> models) {
        models.stream()
                .filter(ABOUT_THE_LEVEL.subList(0, 2)::contains)
                .findFirst()
                .ifPresent(word -> {
                    throw Problem.of(ProblemCode.INVALID_VALUE)
                            .param("access_model_names")
                            .detail("access_model_names must not name '%s': a group grants models", word);
                });
        return models.stream().distinct().toList();
    }

    static void requireModelsOnly(Map<String, Object> others) {
        for (var field : NOT_MODELS) {
            var value = others == null ? null : others.get(field);
            if (value != null && !(value instanceof Collection<?> list && list.isEmpty())) {
                throw Problem.of(ProblemCode.NOT_ENFORCED)
                        .param(field)
                        .detail("%s is not supported yet: use the object permission of the team or key", field);
            }
        }
    }
}
