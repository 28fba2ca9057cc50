package io.tenantry.platform.openapi;

import java.util.List;
import java.util.Map;
import org.eclipse.microprofile.openapi.OASFactory;
import org.eclipse.microprofile.openapi.models.OpenAPI;
import org.eclipse.microprofile.openapi.models.media.Schema;
import org.eclipse.microprofile.openapi.models.media.Schema.SchemaType;

/** Fields that the code reads or writes as maps, although what is in them has a type: of another package, or read later on. */
final class SharedParts {

    private record Part(String type, String field, String schema, boolean list) {}

    private static final List<Part> PARTS = List.of(
            new Part("TeamInfoView", "keys", "Key", true),
            new Part("TeamListEntryView", "keys", "Key", true),
            new Part("UserInfoView", "keys", "Key", true),
            new Part("BulkUpdateUsersRequest", "users", "UpdateUserRequest", true),
            new Part("BulkUpdateUsersRequest", "user_updates", "UpdateUserRequest", false));

    private SharedParts() {}

    static void describe(OpenAPI api) {
        var schemas = api.getComponents().getSchemas();
        if (schemas != null) {
            PARTS.stream()
                    .filter(part -> schemas.containsKey(part.type()) && schemas.containsKey(part.schema()))
                    .forEach(part -> describe(part, schemas));
        }
    }

    private static void describe(Part part, Map<String, Schema> schemas) {
        var owner = schemas.get(part.type());
        var description = owner.getProperties().get(part.field()).getDescription();
        var schema = OASFactory.createSchema().ref(part.schema());
        owner.addProperty(
                part.field(),
                part.list()
                        ? OASFactory.createSchema()
                                .addType(SchemaType.ARRAY)
                                .items(schema)
                                .description(description)
                        : schema.description(description));
    }
}
