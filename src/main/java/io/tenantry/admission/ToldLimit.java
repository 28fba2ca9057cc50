package io.tenantry.admission;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.SerializableString;
import com.fasterxml.jackson.core.io.SerializedString;
import io.tenantry.core.BudgetPeriod;
import io.tenantry.core.NanoUsd;
import io.tenantry.limits.engine.Charge;
import io.tenantry.limits.engine.LimitKind;
import io.tenantry.limits.engine.LimitRef;
import io.tenantry.platform.http.WireFormats;
import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.util.Objects;

/**
 * What every decision tells of a limit and is the same in all of them: whose it is, what it allows, when its period ends. Written once for each limit of a
 * policy; a decision has a dozen of them, and their words were a quarter of its JSON.
 */
final class ToldLimit {

    private static final JsonFactory JSON = new JsonFactory();
    private static final int SIZE = 8_192;

    /** By limit. Small, and forgets: then it is written once more. Races are harmless, since what is found is compared and cannot change. */
    private static final ToldLimit[] KNOWN = new ToldLimit[SIZE];

    private final LimitRef limit;
    private final long most;
    private final Object rule;
    private final String mostText;
    private final String name;
    private final String policy;
    private final SerializableString head;
    private final SerializableString tail;

    private ToldLimit(Charge charge) {
        this.limit = charge.limit();
        this.most = charge.most();
        this.rule = ruleOf(charge);
        this.mostText = String.valueOf(charge.most());
        this.name = RateLimitFields.name(limit);
        this.policy = name + RateLimitFields.description(charge);
        this.head = new SerializedString(head(charge));
        this.tail = new SerializedString(tail(charge));
    }

    static ToldLimit of(Charge charge) {
        int slot = slotOf(charge.limit());
        var known = KNOWN[slot];
        if (known == null || !known.isOf(charge)) {
            known = new ToldLimit(charge);
            KNOWN[slot] = known;
        }
        return known;
    }

    private static int slotOf(LimitRef limit) {
        int hash = limit.hashCode();
        return (hash ^ (hash >>> 16)) & (SIZE - 1);
    }

    private boolean isOf(Charge charge) {
        return limit.equals(charge.limit()) && most == charge.most() && Objects.equals(rule, ruleOf(charge));
    }

    /** What else the words depend on. */
    private static Object ruleOf(Charge charge) {
        if (charge instanceof Charge.Rate rate) {
            return rate.rule();
        }
        return charge instanceof Charge.Budget budget ? budget.window() : null;
    }

    /** What it allows, in the unit of the limit; money in nano-dollars. */
    String most() {
        return mostText;
    }

    /** Its name in {@link RateLimitFields}. */
    String name() {
        return name;
    }

    /** Its item of {@code RateLimit-Policy}. */
    String policy() {
        return policy;
    }

    /** The fields of {@link LimitView} up to {@code "remaining":}, as they are within a JSON object. */
    SerializableString head() {
        return head;
    }

    /** The last ones, from a comma on; those in between change. */
    SerializableString tail() {
        return tail;
    }

    private static String head(Charge charge) {
        var ref = charge.limit();
        boolean ofTag = ref.kind() == LimitKind.TAG_REQUESTS;
        return written(json -> {
                    json.writeStringField("scope", ref.scope().label);
                    json.writeStringField("id", ref.id());
                    json.writeStringField("kind", ref.kind().wire);
                    json.writeStringField("model", ofTag ? null : ref.model());
                    if (ofTag) {
                        json.writeStringField("tag", ref.model());
                    }
                    json.writeFieldName("limit");
                    json.writeRawValue(mostOrNull(charge));
                })
                + ",\"remaining\":";
    }

    /** A budget can be without a hard cap. */
    private static String mostOrNull(Charge charge) {
        if (charge.most() == Charge.UNLIMITED) {
            return "null";
        }
        return charge.limit().kind() == LimitKind.BUDGET
                ? new NanoUsd(charge.most()).toDecimal()
                : Long.toString(charge.most());
    }

    private static String tail(Charge charge) {
        var tail = new StringBuilder();
        if (charge instanceof Charge.Budget budget && !budget.window().equals(BudgetPeriod.LIFETIME)) {
            tail.append(',').append(written(json -> {
                json.writeStringField("period", budget.window().period());
                json.writeStringField(
                        "resets_at", WireFormats.text(budget.window().end()));
            }));
        }
        return tail.toString();
    }

    private interface Fields {
        void write(JsonGenerator json) throws IOException;
    }

    /** Without the braces. */
    private static String written(Fields fields) {
        var text = new StringWriter();
        try (var json = JSON.createGenerator(text)) {
            json.writeStartObject();
            fields.write(json);
            json.writeEndObject();
        } catch (IOException impossible) {
            throw new UncheckedIOException(impossible);
        }
        var object = text.toString();
        return object.substring(1, object.length() - 1);
    }
}
