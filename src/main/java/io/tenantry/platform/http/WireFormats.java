package io.tenantry.platform.http;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializerProvider;
import com.fasterxml.jackson.databind.cfg.CoercionAction;
import com.fasterxml.jackson.databind.cfg.CoercionInputShape;
import com.fasterxml.jackson.databind.module.SimpleModule;
import com.fasterxml.jackson.databind.ser.std.StdSerializer;
import com.fasterxml.jackson.databind.type.LogicalType;
import io.quarkus.jackson.ObjectMapperCustomizer;
import io.tenantry.core.Patch;
import jakarta.inject.Singleton;
import java.io.IOException;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.List;

/**
 * How values look on the wire. Out: timestamps in UTC with microseconds, money in plain digits. In: nothing changes its meaning without a
 * word: an empty text is no null (that would remove a limit), 1.5 is no 1, a number is no name, and what follows the body is not
 * skipped. {@code "100"} stays a number, as clients send it.
 */
@Singleton
public class WireFormats implements ObjectMapperCustomizer {

    private static final DateTimeFormatter MICROSECONDS =
            DateTimeFormatter.ofPattern("uuuu-MM-dd'T'HH:mm:ss.SSSSSS'Z'").withZone(ZoneOffset.UTC);

    /** A moment as it looks on the wire. */
    public static String text(Instant moment) {
        return MICROSECONDS.format(moment);
    }

    @Override
    public int priority() {
        // after the modules of Quarkus, or theirs would write the timestamps
        return QUARKUS_CUSTOMIZER_PRIORITY - 100;
    }

    @Override
    public void customize(ObjectMapper mapper) {
        mapper.registerModule(new SimpleModule("tenantry-wire")
                .addSerializer(new InstantOnTheWire())
                .addDeserializer(Patch.class, new PatchJson())
                .addDeserializer(String.class, new StorableText())
                .addDeserializer(Number.class, new FiniteNumber())
                .addKeyDeserializer(String.class, new StorableText.Name()));
        mapper.enable(JsonGenerator.Feature.WRITE_BIGDECIMAL_AS_PLAIN);
        mapper.disable(DeserializationFeature.ACCEPT_FLOAT_AS_INT);
        mapper.enable(DeserializationFeature.FAIL_ON_NUMBERS_FOR_ENUMS, DeserializationFeature.FAIL_ON_TRAILING_TOKENS);
        for (var type : List.of(LogicalType.Integer, LogicalType.Float, LogicalType.Boolean)) {
            mapper.coercionConfigFor(type)
                    .setCoercion(CoercionInputShape.EmptyString, CoercionAction.Fail)
                    .setAcceptBlankAsEmpty(false);
        }
        mapper.coercionConfigFor(LogicalType.Textual)
                .setCoercion(CoercionInputShape.Integer, CoercionAction.Fail)
                .setCoercion(CoercionInputShape.Float, CoercionAction.Fail)
                .setCoercion(CoercionInputShape.Boolean, CoercionAction.Fail);
    }

    private static final class InstantOnTheWire extends StdSerializer<Instant> {

        private static final long serialVersionUID = 1L;

        InstantOnTheWire() {
            super(Instant.class);
        }

        @Override
        public void serialize(Instant value, JsonGenerator json, SerializerProvider provider) throws IOException {
            json.writeString(text(value));
        }
    }
}
