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
 * Charges as they are kept with a reservation, so that any instance can settle it: one JSON array each, a published format. Scope and id are null where
 * they are those of the charge before.
 *
 * <pre>
 * ["r", scope, id, kind, model, shadow, tokens, capacity, window ticks, tick µs, tokens taken before (absent for none)]
 * ["s", scope, id, kind, model, shadow, slots]
 * ["b", scope, id, kind, model, shadow, amount, cap, soft cap, start s, end s, period]
 * </pre>
 */
public final class ChargeCodec {

    private ChargeCodec() {}

    public static void write(List<Charge> charges, JsonGenerator json) throws IOException {
        json.writeStartArray();
        LimitRef before = null;
        for (var charge : charges) {
            json.writeStartArray();
            write(charge, before, json);
            json.writeEndArray();
            before = charge.limit();
        }
        json.writeEndArray();
    }

    private static void write(Charge charge, LimitRef before, JsonGenerator json) throws IOException {
        if (charge instanceof Charge.Rate rate) {
            writeHead(json, "r", charge, before);
            writeNumbers(
                    json,
                    rate.amount(),
                    rate.rule().capacity(),
                    rate.rule().windowTicks(),
                    rate.rule().tickMicros());
            if (rate.before() > 0) {
                json.writeNumber(rate.before());
            }
        } else if (charge instanceof Charge.Slot slot) {
            writeHead(json, "s", charge, before);
            writeNumbers(json, slot.most());
        } else if (charge instanceof Charge.Budget budget) {
            var window = budget.window();
            writeHead(json, "b", charge, before);
            writeNumbers(
                    json,
                    budget.amount(),
                    budget.most(),
                    budget.soft(),
                    window.start().getEpochSecond(),
                    window.end().getEpochSecond());
            json.writeString(window.period());
        }
    }

    private static void writeHead(JsonGenerator json, String type, Charge charge, LimitRef before) throws IOException {
        var limit = charge.limit();
        boolean same =
                before != null && before.scope() == limit.scope() && before.id().equals(limit.id());
        json.writeString(type);
        json.writeString(same ? null : limit.scope().label);
        json.writeString(same ? null : limit.id());
        json.writeString(limit.kind().name());
        json.writeString(limit.model());
        json.writeNumber(charge.shadow() ? 1 : 0);
    }

    private static void writeNumbers(JsonGenerator json, long... numbers) throws IOException {
        for (var number : numbers) {
            json.writeNumber(number);
        }
    }

    public static List<Charge> read(JsonNode array) {
        var charges = new ArrayList<Charge>(array.size());
        LimitRef before = null;
        for (var fields : array) {
            var charge = readOne(fields, before);
            charges.add(charge);
            before = charge.limit();
        }
        return charges;
    }

    private static Charge readOne(JsonNode fields, LimitRef before) {
        boolean same = fields.get(2).isNull();
        var limit = new LimitRef(
                same ? before.scope() : ResourceKind.ofLabel(fields.get(1).textValue()),
                same ? before.id() : fields.get(2).textValue(),
                LimitKind.valueOf(fields.get(3).textValue()),
                fields.get(4).textValue());
        boolean shadow = fields.get(5).intValue() == 1;
        return switch (fields.get(0).textValue()) {
            case "r" ->
                new Charge.Rate(
                        limit,
                        number(fields, 6),
                        new BucketRule(number(fields, 7), number(fields, 8), number(fields, 9)),
                        shadow,
                        fields.size() > 10 ? number(fields, 10) : 0);
            case "s" -> new Charge.Slot(limit, number(fields, 6), shadow);
            default ->
                new Charge.Budget(
                        limit,
                        number(fields, 6),
                        number(fields, 7),
                        number(fields, 8),
                        new BudgetPeriod.Window(
                                fields.get(11).textValue(),
                                Instant.ofEpochSecond(number(fields, 9)),
                                Instant.ofEpochSecond(number(fields, 10))),
                        shadow,
                        null);
        };
    }

    private static long number(JsonNode fields, int position) {
        return fields.get(position).longValue();
    }
}
