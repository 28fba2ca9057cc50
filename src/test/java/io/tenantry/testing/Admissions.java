package io.tenantry.testing;

import java.util.HashMap;
import java.util.Map;
import java.util.UUID;

/** Bodies of the admission API. */
public final class Admissions {

    private Admissions() {}

    /** A small request for a priced model: 100 tokens in, 100 out. Alternating names and values override. */
    public static Map<String, Object> request(String key, Object... fields) {
        var body = new HashMap<String, Object>();
        body.put("request_id", UUID.randomUUID().toString());
        body.put("api_key", key);
        body.put("model", "gpt-4o");
        body.put("input_tokens", 100);
        body.put("max_output_tokens", 100);
        body.putAll(Given.body(fields));
        return body;
    }

    /** As JSON, for callers that send text. */
    public static String json(Map<String, Object> body) {
        var text = new StringBuilder("{");
        body.forEach((name, value) -> {
            if (text.length() > 1) {
                text.append(',');
            }
            text.append('"').append(name).append("\":");
            text.append(value instanceof String ? "\"" + value + "\"" : String.valueOf(value));
        });
        return text.append('}').toString();
    }

    public static String requestJson(String key, Object... fields) {
        return json(request(key, fields));
    }
}
