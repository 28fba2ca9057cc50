package io.tenantry.platform.http;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.databind.BeanProperty;
import com.fasterxml.jackson.databind.DeserializationContext;
import com.fasterxml.jackson.databind.JavaType;
import com.fasterxml.jackson.databind.JsonDeserializer;
import com.fasterxml.jackson.databind.JsonMappingException;
import com.fasterxml.jackson.databind.deser.ContextualDeserializer;
import com.fasterxml.jackson.databind.deser.std.StdDeserializer;
import com.fasterxml.jackson.databind.jsontype.TypeDeserializer;
import io.tenantry.core.Patch;
import java.io.IOException;

/** Reads a {@link Patch}: a missing field is absent, {@code null} is cleared, and a value is read as the field's type, by the same rules. */
final class PatchJson extends StdDeserializer<Patch<?>> implements ContextualDeserializer {

    private static final long serialVersionUID = 1L;

    private final JavaType type;
    private final transient JsonDeserializer<Object> values;

    PatchJson() {
        this(null, null);
    }

    private PatchJson(JavaType type, JsonDeserializer<Object> values) {
        super(Patch.class);
        this.type = type;
        this.values = values;
    }

    @Override
    public JsonDeserializer<?> createContextual(DeserializationContext context, BeanProperty property)
            throws JsonMappingException {
        var patch = property == null ? context.getContextualType() : property.getType();
        var of = patch.containedTypeOrUnknown(0);
        return new PatchJson(of, context.findContextualValueDeserializer(of, property));
    }

    @Override
    public Patch<?> deserialize(JsonParser json, DeserializationContext context) throws IOException {
        return Patch.to(values.deserialize(json, context));
    }

    @Override
    public Object deserializeWithType(JsonParser json, DeserializationContext context, TypeDeserializer typed)
            throws IOException {
        return deserialize(json, context);
    }

    @Override
    public Patch<?> getNullValue(DeserializationContext context) {
        return Patch.cleared();
    }

    @Override
    public Object getAbsentValue(DeserializationContext context) {
        return Patch.absent();
    }

    @Override
    public JavaType getValueType() {
        return type;
    }
}
