package io.tenantry.usage;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.quarkus.runtime.ShutdownEvent;
import io.quarkus.runtime.StartupEvent;
import io.tenantry.admission.PriceList;
import io.tenantry.core.NanoUsd;
import io.tenantry.platform.stores.StartRefused;
import io.tenantry.platform.stores.Stores;
import io.tenantry.usage.PriceTable.Price;
import io.vertx.core.Vertx;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jboss.logging.Logger;

/**
 * The price list from a file. A changed file is taken over without a restart, all prices at once; while it cannot be read the prices before it
 * stand, and log and metric say so. The embedded run brings a few prices along, so that its first requests cost something.
 */
@ApplicationScoped
public class PriceFile implements PriceList {

    private static final Logger LOG = Logger.getLogger(PriceFile.class);
    private static final String DEMO = "/demo/prices.json";
    private static final Stamp MISSING = new Stamp(FileTime.fromMillis(0), -1);

    private final PricesConfig config;
    private final Vertx vertx;
    private final Price ofUnpriced;
    private final Counter reloads;
    private final AtomicBoolean looking = new AtomicBoolean();
    private volatile PriceTable table;
    private volatile Stamp seen = MISSING;
    private volatile boolean outdated;
    private long timer = -1;

    /** By what a change of the file is noticed. */
    private record Stamp(FileTime modified, long size) {}

    PriceFile(PricesConfig config, Vertx vertx, MeterRegistry metrics) {
        this.config = config;
        this.vertx = vertx;
        this.ofUnpriced = ofUnpriced(config);
        this.table = config.file()
                .map(this::readAtStart)
                .orElseGet(() -> Stores.areEmbedded() ? readDemo() : new PriceTable(Map.of()));
        this.reloads = Counter.builder("tenantry.prices.reloads")
                .description("Changed price files that were taken over")
                .register(metrics);
        Gauge.builder("tenantry.prices.outdated", this, prices -> prices.outdated ? 1 : 0)
                .description("1 while the price file cannot be read and the prices before it are used")
                .register(metrics);
        Gauge.builder("tenantry.prices.models", this, prices -> prices.table
                        .prices()
                        .size())
                .description("Models that have a price")
                .register(metrics);
    }

    private static Price ofUnpriced(PricesConfig config) {
        return switch (config.unpriced()) {
            case REFUSE -> null;
            case FREE -> Price.FREE;
            case DEFAULT -> Price.perToken(config.defaultInputCostPerToken(), config.defaultOutputCostPerToken());
        };
    }

    /** Building this bean has read the file, and refused the start when it could not. */
    void start(@Observes StartupEvent event) {
        long interval = config.reloadInterval().toMillis();
        if (config.file().isPresent() && interval > 0) {
            timer = vertx.setPeriodic(interval, tick -> look(config.file().get()));
        }
    }

    void stop(@Observes ShutdownEvent event) {
        vertx.cancelTimer(timer);
    }

    @Override
    public Optional<NanoUsd> priceOf(String model, long inputTokens, long outputTokens) {
        var price = table.prices().getOrDefault(model, ofUnpriced);
        return price == null ? Optional.empty() : Optional.of(price.of(inputTokens, outputTokens));
    }

    /** Who offers the model, as the price map says; empty text when it does not. */
    String providerOf(String model) {
        var price = table.prices().get(model);
        return price == null ? "" : price.provider();
    }

    /** On a worker thread: a file may lie on a slow network. */
    private void look(Path file) {
        if (looking.compareAndSet(false, true)) {
            vertx.executeBlocking(
                            () -> {
                                reloadIfChanged(file);
                                return null;
                            },
                            false)
                    .onComplete(done -> looking.set(false));
        }
    }

    /** Each state of the file is tried once: what cannot be read is logged once, and tried again when it has changed. */
    void reloadIfChanged(Path file) {
        var stamp = stampOf(file);
        if (stamp.equals(seen)) {
            return;
        }
        seen = stamp;
        try {
            table = read(file);
            outdated = false;
            reloads.increment();
            LOG.infof(
                    "The price list %s was read again: %d models",
                    file, table.prices().size());
        } catch (IOException | IllegalArgumentException failure) {
            outdated = true;
            LOG.warnf(
                    "The price list %s cannot be read, the prices before it stay in use: %s",
                    file, failure.getMessage());
        }
    }

    private PriceTable readAtStart(Path file) {
        seen = stampOf(file);
        try {
            return read(file);
        } catch (IOException | IllegalArgumentException failure) {
            throw new StartRefused(
                    "The price list tenantry.prices.file=%s cannot be read: %s. Budgets would count nothing; mend the file or the setting."
                            .formatted(file, failure.getMessage()));
        }
    }

    private static PriceTable read(Path file) throws IOException {
        try (var in = Files.newInputStream(file)) {
            return PriceTable.read(in);
        }
    }

    private static Stamp stampOf(Path file) {
        try {
            return new Stamp(Files.getLastModifiedTime(file), Files.size(file));
        } catch (IOException missing) {
            return MISSING;
        }
    }

    private static PriceTable readDemo() {
        try (var in = PriceFile.class.getResourceAsStream(DEMO)) {
            return PriceTable.read(in);
        } catch (IOException failure) {
            throw new StartRefused("The demo's price list cannot be read: " + failure.getMessage());
        }
    }
}
