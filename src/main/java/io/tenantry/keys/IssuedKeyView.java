package io.tenantry.keys;

import io.tenantry.core.NanoUsd;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** A key just made: the one answer that holds its secret. */
final class IssuedKeyView {

    /** What clients read inside {@code metadata}; here it is always null. */
    private static final String[] FOLDED = {
        "model_rpm_limit",
        "model_tpm_limit",
        "guardrails",
        "policies",
        "prompts",
        "tags",
        "enforced_params",
        "allowed_passthrough_routes",
        "allowed_vector_store_indexes"
    };

    private static final List<String> NOT_SHOWN = List.of(
            "budget_reset_at",
            "model_spend",
            "soft_budget_cooldown",
            "last_active",
            "rotation_interval",
            "key_rotation_at",
            "auto_rotate");

    private IssuedKeyView() {}

    static Map<String, Object> of(NewKey issued) {
        return of(issued.secret(), KeyView.row(issued.key(), null, issued.permission(), NanoUsd.ZERO));
    }

    static Map<String, Object> of(KeyRotations.Rotated rotated) {
        return of(rotated.secret(), rotated.row());
    }

    private static Map<String, Object> of(KeySecret secret, Map<String, Object> row) {
        var view = new LinkedHashMap<String, Object>();
        view.put("key", secret.reveal());
        view.putAll(row);
        view.keySet().removeAll(NOT_SHOWN);
        view.remove("budget_limits", List.of());
        view.put("token_id", row.get("token"));
        // the life asked for is told by expires
        view.put("duration", null);
        for (var name : FOLDED) {
            view.put(name, null);
        }
        return view;
    }
}
