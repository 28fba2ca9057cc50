package io.tenantry.usage;

import io.tenantry.admission.AdmissionRecord;
import io.tenantry.admission.KeyOwner;
import io.tenantry.core.NanoUsd;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.List;

/**
 * One settled use, as it goes into the ledger: once per key, request id and day of admission.
 *
 * @param admittedModel the model as it was admitted, which per-model budgets count by
 * @param windows       the budget windows whose totals must exist afterwards
 */
record UsageEvent(
        String requestId,
        KeyOwner owner,
        String endUser,
        String model,
        String admittedModel,
        String provider,
        long inputTokens,
        long outputTokens,
        long totalTokens,
        NanoUsd cost,
        String status,
        boolean partial,
        List<String> tags,
        Instant admittedAt,
        List<Window> windows) {

    UsageEvent {
        // one that is named twice is counted once, in the ledger and in the days
        tags = tags.size() < 2 ? tags : tags.stream().distinct().toList();
    }

    /** A scope's budget window; period, start and end are null for the lifetime. Its total is only told where it is wanted. */
    record Window(String kind, String id, String period, Instant start, Instant end, boolean wanted) {

        Window asWanted() {
            return new Window(kind, id, period, start, end, true);
        }

        Window asUnwanted() {
            return new Window(kind, id, period, start, end, false);
        }
    }

    static UsageEvent of(AdmissionRecord record, String model, Used used, Costs costs) {
        return new UsageEvent(
                record.id().requestId(),
                record.owner(),
                record.endUser(),
                model,
                record.model(),
                costs.providerOf(model),
                used.inputTokens(),
                used.outputTokens(),
                used.totalTokens(),
                costs.of(used, model),
                used.status(),
                used.partial(),
                record.tags(),
                record.id().admittedAt(),
                BookedLevels.of(record));
    }

    LocalDate day() {
        return admittedAt.atOffset(ZoneOffset.UTC).toLocalDate();
    }

    /** As it waits in the spool, and as {@code book_usage} and its like read it (migration V24). */
    JsonObject json() {
        return new JsonObject()
                .put("day", day().toString())
                .put("request_id", requestId)
                .put("key_id", owner.keyId() == null ? null : owner.keyId().toString())
                .put("api_key", owner.secretHash())
                .put("key_alias", owner.keyAlias())
                .put("user_id", owner.userId())
                .put("team_id", owner.teamId())
                .put("team_alias", owner.teamAlias())
                .put("organization_id", owner.organizationId())
                .put("end_user", endUser)
                .put("model", model)
                .put("admitted_model", admittedModel)
                .put("provider", provider)
                .put("input_tokens", inputTokens)
                .put("output_tokens", outputTokens)
                .put("total_tokens", totalTokens)
                .put("cost_nano", cost.value())
                .put("status", status)
                .put("partial", partial)
                .put("tags", new JsonArray(tags))
                .put("admitted_at", admittedAt.toString())
                .put("scopes", scopes());
    }

    private JsonArray scopes() {
        var scopes = new JsonArray();
        for (var window : windows) {
            var scope = new JsonObject()
                    .put("kind", window.kind())
                    .put("id", window.id())
                    .put("wanted", window.wanted());
            if (window.period() != null) {
                scope.put("period", window.period())
                        .put("starts", window.start().toString())
                        .put("ends", window.end().toString());
            }
            scopes.add(scope);
        }
        return scopes;
    }
}
