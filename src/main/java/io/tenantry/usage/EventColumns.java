package io.tenantry.usage;

import io.tenantry.usage.UsageEvent.Window;
import io.vertx.mutiny.sqlclient.Tuple;
import java.time.Instant;
import java.time.LocalDate;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.UUID;
import java.util.function.Function;
import java.util.function.IntFunction;
import java.util.stream.Collectors;

/** A group of events as {@code book_events} takes them (migration V28): an array for each column, and each of their scopes once. */
final class EventColumns {

    /** Of the calling statement, in the order of {@link #tuple}. */
    static final int COUNT = 29;

    private final List<UsageEvent> events;
    private final LinkedHashMap<Window, Uses> scopes = new LinkedHashMap<>();

    /** The events that go into a scope, by their positions from 1; and whether one of them wants to know its total. */
    private static final class Uses {
        private final List<Integer> positions = new ArrayList<>(4);
        private boolean wanted;
    }

    EventColumns(List<UsageEvent> events) {
        this.events = events;
        for (int i = 0; i < events.size(); i++) {
            for (var window : events.get(i).windows()) {
                add(window, i + 1);
            }
        }
    }

    private void add(Window window, int position) {
        var uses = scopes.computeIfAbsent(window.wanted() ? window.asUnwanted() : window, added -> new Uses());
        uses.positions.add(position);
        uses.wanted |= window.wanted();
    }

    Tuple tuple() {
        return Tuple.from(List.of(
                events(UsageEvent::day, LocalDate[]::new),
                events(UsageEvent::requestId, String[]::new),
                events(event -> event.owner().keyId(), UUID[]::new),
                events(event -> event.owner().secretHash(), String[]::new),
                events(event -> event.owner().keyAlias(), String[]::new),
                events(event -> event.owner().userId(), String[]::new),
                events(event -> event.owner().teamId(), String[]::new),
                events(event -> event.owner().teamAlias(), String[]::new),
                events(event -> event.owner().organizationId(), String[]::new),
                events(UsageEvent::endUser, String[]::new),
                events(UsageEvent::model, String[]::new),
                events(UsageEvent::admittedModel, String[]::new),
                events(UsageEvent::provider, String[]::new),
                events(UsageEvent::inputTokens, Long[]::new),
                events(UsageEvent::outputTokens, Long[]::new),
                events(UsageEvent::totalTokens, Long[]::new),
                events(event -> event.cost().value(), Long[]::new),
                events(UsageEvent::status, String[]::new),
                events(UsageEvent::partial, Boolean[]::new),
                events(event -> arrayLiteral(event.tags()), String[]::new),
                events(event -> at(event.admittedAt()), OffsetDateTime[]::new),
                scopes(Window::kind, String[]::new),
                scopes(Window::id, String[]::new),
                scopes(Window::period, String[]::new),
                scopes(window -> at(window.start()), OffsetDateTime[]::new),
                scopes(window -> at(window.end()), OffsetDateTime[]::new),
                scopes.values().stream().map(uses -> uses.wanted).toArray(Boolean[]::new),
                ends(),
                scopes.values().stream()
                        .flatMap(uses -> uses.positions.stream())
                        .toArray(Integer[]::new)));
    }

    private <T> T[] events(Function<UsageEvent, T> value, IntFunction<T[]> array) {
        return events.stream().map(value).toArray(array);
    }

    private <T> T[] scopes(Function<Window, T> value, IntFunction<T[]> array) {
        return scopes.keySet().stream().map(value).toArray(array);
    }

    private Integer[] ends() {
        var ends = new Integer[scopes.size()];
        int end = 0;
        int i = 0;
        for (var uses : scopes.values()) {
            end += uses.positions.size();
            ends[i++] = end;
        }
        return ends;
    }

    private static OffsetDateTime at(Instant instant) {
        return instant == null ? null : instant.atOffset(ZoneOffset.UTC);
    }

    /** As PostgreSQL reads an array of text: arrays of arrays would have to be of one length. */
    static String arrayLiteral(List<String> texts) {
        if (texts.isEmpty()) {
            return "{}";
        }
        return texts.stream()
                .map(text -> '"' + text.replace("\\", "\\\\").replace("\"", "\\\"") + '"')
                .collect(Collectors.joining(",", "{", "}"));
    }
}
