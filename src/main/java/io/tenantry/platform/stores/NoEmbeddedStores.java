package io.tenantry.platform.stores;

import com.oracle.svm.core.annotate.Substitute;
import com.oracle.svm.core.annotate.TargetClass;
import java.nio.file.Path;

/** The native image carries no embedded servers: this stands in for {@link EmbeddedStores} there, so nothing of them is compiled in. */
@TargetClass(EmbeddedStores.class)
@Substitute
final class NoEmbeddedStores implements AutoCloseable {

    @Substitute
    static EmbeddedStores start(Path directory) {
        throw new StartRefused("DATABASE_URL and REDIS_URL are not set. This image has no embedded servers: set both.");
    }

    @Substitute
    StoreAddresses addresses() {
        throw new IllegalStateException();
    }

    @Substitute
    int redisPort() {
        throw new IllegalStateException();
    }

    @Override
    @Substitute
    public void close() {}
}
