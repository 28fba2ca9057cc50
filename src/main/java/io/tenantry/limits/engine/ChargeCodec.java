package io.tenantry.limits.engine;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.databind.JsonNode;
import io.tenantry.core.BudgetPeriod;
import io.tenantry.core.ResourceKind;
import java.io.IOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;

/**
 * Charges as they are kept with a reservation, so that any instance can settle it: one JSON array each, a published format.
 *
 * <pre>
 * ["r", scope, id, kind, model, tokens, capacity, window ticks, tick µs]
 * ["s", scope, id, slots]
 * ["m", scope, id, amount, cap, soft cap, period, start s, end s]
 * </pre>
 */
public final class ChargeCodec {

    private ChargeCodec() {}

    public static void write(List<Charge> charges, JsonGenerator json) throws IOException {
        json.writeStartArray();
        for (var charge : charges) {
            json.writeStartArray();
            write(charge, json);
            json.writeEndArray();
        }
        json.writeEndArray();
    }

    private static void write(Charge charge, JsonGenerator json) throws IOException {
        var limit = charge.limit();
        if (charge instanceof Charge.Rate rate) {
            writeHead(json, "r", limit);
            json.writeString(limit.kind().name());
            json.writeString(limit.model());
            writeNumbers(
                    json,
                    rate.amount(),
                    rate.rule().capacity(),
                    rate.rule().windowTicks(),
                    rate.rule().tickMicros());
        } else if (charge instanceof Charge.Slot slot) {
            writeHead(json, "s", limit);
            writeNumbers(json, slot.most());
        } else if (charge instanceof Charge.Money money) {
            writeHead(json, "m", limit);
            writeNumbers(json, money.amount(), money.most(), money.soft());
            json.writeString(money.window().period());
            writeNumbers(
                    json,
                    money.window().start().getEpochSecond(),
                    money.window().end().getEpochSecond());
        }
    }

    private static void writeHead(JsonGenerator json, String type, LimitRef limit) throws IOException {
        json.writeString(type);
        json.writeString(limit.scope().label);
        json.writeString(limit.id());
    }

    private static void writeNumbers(JsonGenerator json, long... numbers) throws IOException {
        for (var number : numbers) {
            json.writeNumber(number);
        }
    }

    public static List<Charge> read(JsonNode array) {
        var charges = new ArrayList<Charge>(array.size());
        array.forEach(fields -> charges.add(readOne(fields)));
        return charges;
    }

    private static Charge readOne(JsonNode fields) {
        var scope = ResourceKind.ofLabel(fields.get(1).textValue());
        var id = fields.get(2).textValue();
        return switch (fields.get(0).textValue()) {
            case "r" ->
                new Charge.Rate(
                        new LimitRef(
                                scope,
                                id,
                                LimitKind.valueOf(fields.get(3).textValue()),
                                fields.get(4).textValue()),
                        fields.get(5).longValue(),
                        new BucketRule(
                                fields.get(6).longValue(),
                                fields.get(7).longValue(),
                                fields.get(8).longValue()));
            case "s" ->
                new Charge.Slot(
                        new LimitRef(scope, id, LimitKind.PARALLEL, null),
                        fields.get(3).longValue());
            default ->
                new Charge.Money(
                        new LimitRef(scope, id, LimitKind.BUDGET, null),
                        fields.get(3).longValue(),
                        fields.get(4).longValue(),
                        fields.get(5).longValue(),
                        new BudgetPeriod.Window(
                                fields.get(6).textValue(),
                                Instant.ofEpochSecond(fields.get(7).longValue()),
                                Instant.ofEpochSecond(fields.get(8).longValue())));
        };
    }
}
