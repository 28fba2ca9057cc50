package io.tenantry.admission;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.ObjectWriter;
import io.vertx.core.buffer.Buffer;
import jakarta.enterprise.context.ApplicationScoped;
import java.io.UncheckedIOException;

/** A decision as {@link DecisionView} looks on the wire. */
@ApplicationScoped
class DecisionJson {

    private final ObjectWriter views;

    DecisionJson(ObjectMapper json) {
        this.views = json.writerFor(DecisionView.class);
    }

    Buffer write(Decision decision) {
        try {
            return Buffer.buffer(views.writeValueAsBytes(DecisionView.of(decision)));
        } catch (JsonProcessingException impossible) {
            throw new UncheckedIOException(impossible);
        }
    }
}
