package io.tenantry.platform.log;

import io.tenantry.platform.stores.StartRefused;
import java.util.Locale;

/** The values of {@code tenantry.log.json}. */
public enum JsonLog {
    TRUE,
    FALSE,
    /** JSON with the operator's own stores, text for the first look with embedded ones. */
    AUTO;

    /** Also used before the framework can convert settings. */
    public static JsonLog parse(String text) {
        try {
            return valueOf(text.strip().toUpperCase(Locale.ROOT));
        } catch (IllegalArgumentException unknown) {
            throw new StartRefused("tenantry.log.json is '%s'; it must be true, false or auto.".formatted(text));
        }
    }

    boolean appliesWith(boolean storesAreGiven) {
        return this == TRUE || (this == AUTO && storesAreGiven);
    }
}
