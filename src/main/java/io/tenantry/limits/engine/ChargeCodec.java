package io.tenantry.limits.engine;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.databind.JsonNode;
import io.tenantry.core.BudgetPeriod;
import io.tenantry.core.ResourceKind;
import java.io.IOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;

/**
 * Charges as they are kept with a reservation, so that any instance can settle it: one array each, a published format. What is written for each of tens
 * of thousands of open admissions is worth leaving out: scope and id are null where they are those of the charge before, the id where it is the
 * usual one, the window where it is the lifetime. Kinds are the numbers that balances have them under.
 *
 * <pre>
 * rates:   [kind, scope, id, model, shadow, tokens, capacity, window ticks, tick µs, tokens taken before (absent for none)]
 * slots:   [kind, scope, id, model, shadow, slots]
 * budgets: [kind, scope, id, model, shadow, amount, cap, soft cap, period, start s, end s (these three absent for the lifetime)]
 * </pre>
 */
public final class ChargeCodec {

    private static final int FIRST_NUMBER = 5;

    private final Function<ResourceKind, String> usualIds;

    /** @param usualIds which scope of a kind charges are mostly of; null where there is none. The same for writing and for reading */
    public ChargeCodec(Function<ResourceKind, String> usualIds) {
        this.usualIds = usualIds;
    }

    public void write(List<Charge> charges, JsonGenerator out) throws IOException {
        out.writeStartArray();
        LimitRef before = null;
        for (var charge : charges) {
            out.writeStartArray();
            writeHead(charge, before, out);
            writeNumbers(charge, out);
            out.writeEndArray();
            before = charge.limit();
        }
        out.writeEndArray();
    }

    private void writeHead(Charge charge, LimitRef before, JsonGenerator out) throws IOException {
        var limit = charge.limit();
        out.writeNumber(limit.kind().tag);
        if (before != null && before.scope() == limit.scope() && before.id().equals(limit.id())) {
            out.writeNull();
            out.writeNull();
        } else {
            out.writeString(limit.scope().label);
            out.writeString(limit.id().equals(usualIds.apply(limit.scope())) ? null : limit.id());
        }
        out.writeString(limit.model());
        out.writeBoolean(charge.shadow());
    }

    private static void writeNumbers(Charge charge, JsonGenerator out) throws IOException {
        if (charge instanceof Charge.Rate rate) {
            writeNumbers(
                    out,
                    rate.amount(),
                    rate.rule().capacity(),
                    rate.rule().windowTicks(),
                    rate.rule().tickMicros());
            if (rate.before() > 0) {
                out.writeNumber(rate.before());
            }
        } else if (charge instanceof Charge.Slot slot) {
            writeNumbers(out, slot.most());
        } else if (charge instanceof Charge.Budget budget) {
            writeNumbers(out, budget.amount(), budget.most(), budget.soft());
            writeWindow(budget.window(), out);
        }
    }

    private static void writeWindow(BudgetPeriod.Window window, JsonGenerator out) throws IOException {
        if (!window.equals(BudgetPeriod.LIFETIME)) {
            out.writeString(window.period());
            writeNumbers(out, window.start().getEpochSecond(), window.end().getEpochSecond());
        }
    }

    private static void writeNumbers(JsonGenerator out, long... numbers) throws IOException {
        for (var number : numbers) {
            out.writeNumber(number);
        }
    }

    public List<Charge> read(JsonNode array) {
        var charges = new ArrayList<Charge>(array.size());
        LimitRef before = null;
        for (var fields : array) {
            var charge = readOne(fields, before);
            charges.add(charge);
            before = charge.limit();
        }
        return charges;
    }

    private Charge readOne(JsonNode fields, LimitRef before) {
        var limit = limit(fields, before);
        boolean shadow = fields.get(4).booleanValue();
        return switch (limit.kind()) {
            case PARALLEL -> new Charge.Slot(limit, number(fields, 0), shadow);
            case BUDGET, TOKEN_BUDGET, REQUEST_BUDGET -> budget(limit, fields, shadow);
            default -> rate(limit, fields, shadow);
        };
    }

    private LimitRef limit(JsonNode fields, LimitRef before) {
        var kind = LimitKind.ofTag(fields.get(0).intValue());
        var model = fields.get(3).textValue();
        if (fields.get(1).isNull()) {
            return new LimitRef(before.scope(), before.id(), kind, model);
        }
        var scope = ResourceKind.ofLabel(fields.get(1).textValue());
        var id = fields.get(2);
        return new LimitRef(scope, id.isNull() ? usualIds.apply(scope) : id.textValue(), kind, model);
    }

    private static Charge rate(LimitRef limit, JsonNode fields, boolean shadow) {
        var rule = new BucketRule(number(fields, 1), number(fields, 2), number(fields, 3));
        return new Charge.Rate(limit, number(fields, 0), rule, shadow, number(fields, 4));
    }

    private static Charge budget(LimitRef limit, JsonNode fields, boolean shadow) {
        return new Charge.Budget(
                limit, number(fields, 0), number(fields, 1), number(fields, 2), window(fields), shadow, null);
    }

    private static BudgetPeriod.Window window(JsonNode fields) {
        var period = fields.get(FIRST_NUMBER + 3);
        return period == null
                ? BudgetPeriod.LIFETIME
                : new BudgetPeriod.Window(
                        period.textValue(),
                        Instant.ofEpochSecond(number(fields, 4)),
                        Instant.ofEpochSecond(number(fields, 5)));
    }

    /** Of those behind the head; 0 where it is absent. */
    private static long number(JsonNode fields, int position) {
        return fields.path(FIRST_NUMBER + position).longValue();
    }
}
