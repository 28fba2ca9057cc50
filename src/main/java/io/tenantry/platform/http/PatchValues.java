package io.tenantry.platform.http;

import io.tenantry.core.Patch;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.validation.valueextraction.ExtractedValue;
import jakarta.validation.valueextraction.ValueExtractor;

/** Lets constraints be written on what a {@link Patch} holds: {@code Patch<@Size(max = 5) String>}. Absent and cleared have nothing to check. */
@ApplicationScoped
public class PatchValues implements ValueExtractor<Patch<@ExtractedValue ?>> {

    @Override
    public void extractValues(Patch<?> patch, ValueReceiver receiver) {
        if (patch instanceof Patch.To<?> to) {
            receiver.value(null, to.value());
        }
    }
}
