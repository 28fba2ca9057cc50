package io.tenantry.keys;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.databind.DeserializationContext;
import com.fasterxml.jackson.databind.JsonDeserializer;
import java.io.IOException;
import java.math.BigDecimal;

/** An amount for which an empty text is null: web forms send {@code max_budget} so. Anywhere else an empty text is no number. */
public final class EmptyIsNoLimit extends JsonDeserializer<BigDecimal> {

    @Override
    public BigDecimal deserialize(JsonParser json, DeserializationContext context) throws IOException {
        if (json.hasToken(JsonToken.VALUE_STRING) && json.getText().isBlank()) {
            return null;
        }
        return context.readValue(json, BigDecimal.class);
    }
}
