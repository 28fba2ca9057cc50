package io.tenantry.testing;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import org.jboss.logmanager.ExtLogRecord;

/** Keeps what one logger writes, until it is closed. */
public final class LogLines extends Handler implements AutoCloseable {

    private final Logger logger;
    private final List<LogRecord> records = new CopyOnWriteArrayList<>();

    private LogLines(Logger logger) {
        this.logger = logger;
        logger.addHandler(this);
    }

    public static LogLines of(Class<?> writer) {
        return of(Logger.getLogger(writer.getName()));
    }

    public static LogLines of(Logger logger) {
        return new LogLines(logger);
    }

    /** With their levels. */
    public List<String> all() {
        return records.stream()
                .map(line -> line.getLevel() + " "
                        + (line instanceof ExtLogRecord ext ? ext.getFormattedMessage() : line.getMessage()))
                .toList();
    }

    public void clear() {
        records.clear();
    }

    @Override
    public void publish(LogRecord line) {
        records.add(line);
    }

    @Override
    public void flush() {}

    @Override
    public void close() {
        logger.removeHandler(this);
    }
}
