package dev.caravan.http;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * What is answered.
 *
 * @param body bytes, or an {@link java.io.InputStream} that is closed when it was sent
 */
record Reply(int status, String mediaType, Object body, Map<String, String> headers) {
    static Reply json(int status, JsonNode tree) {
        return new Reply(status, "application/json", Json.bytes(tree), Map.of());
    }

    Reply header(String name, String value) {
        Map<String, String> more = new LinkedHashMap<>(headers);
        more.put(name, value);
        return new Reply(status, mediaType, body, Map.copyOf(more));
    }
}
