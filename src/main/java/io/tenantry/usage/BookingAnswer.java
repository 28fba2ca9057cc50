package io.tenantry.usage;

import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/** Reads what the ledger's functions in the database answer: what is booked now, what had been before, and the totals with it. */
final class BookingAnswer {

    private BookingAnswer() {}

    /** What an event that was booked now becomes. */
    interface First<E> {
        Booked booked(E event, Instant settledAt, Map<Booked.TotalKey, WindowTotals> totals);
    }

    /** By position: what was booked now is what was sent, what had been booked before is told. */
    static <E> List<Booked> booked(List<E> events, JsonObject answer, First<E> first) {
        var totals = totals(answer.getJsonArray("totals"));
        var settledAt = instant(answer.getString("settled_at"));
        var booked = new Booked[events.size()];
        for (var item : answer.getJsonArray("first")) {
            var row = (JsonObject) item;
            booked[row.getInteger("n")] = before(row, totals);
        }
        for (int n : fresh(answer, events.size())) {
            booked[n] = first.booked(events.get(n), settledAt, totals);
        }
        return List.of(booked);
    }

    /** The same of events that were acknowledged before. */
    static List<Booked> ofJson(List<JsonObject> events, JsonObject answer) {
        return booked(events, answer, (event, at, totals) -> Booked.of(event, true, at, totals, false));
    }

    private static int[] fresh(JsonObject answer, int events) {
        var fresh = answer.getJsonArray("fresh");
        return fresh == null
                ? IntStream.range(0, events).toArray()
                : fresh.stream().mapToInt(n -> ((Number) n).intValue()).toArray();
    }

    /** What was booked before, as the ledger's functions tell it. */
    static Booked before(JsonObject row, Map<Booked.TotalKey, WindowTotals> totals) {
        return Booked.of(row, false, instant(row.getString("settled_at")), totals, false);
    }

    static Map<Booked.TotalKey, WindowTotals> totals(JsonArray rows) {
        var totals = new HashMap<Booked.TotalKey, WindowTotals>();
        for (var item : rows) {
            var row = (JsonArray) item;
            totals.put(
                    new Booked.TotalKey(row.getString(0), row.getString(1), row.getString(2), row.getLong(3)),
                    new WindowTotals(row.getLong(4), row.getLong(5), row.getLong(6), row.getLong(7)));
        }
        return totals;
    }

    private static Instant instant(String text) {
        return OffsetDateTime.parse(text).toInstant();
    }
}
