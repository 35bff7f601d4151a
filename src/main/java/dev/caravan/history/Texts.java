package dev.caravan.history;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.UnaryOperator;

/** Texts by their names, in the order in which they came. */
final class Texts {
    private Texts() {}

    /** A copy that does not change. */
    static Map<String, String> copy(Map<String, String> texts) {
        return Collections.unmodifiableMap(new LinkedHashMap<>(texts));
    }

    /** The same names with their texts changed. */
    static Map<String, String> redacted(Map<String, String> texts, UnaryOperator<String> redact) {
        Map<String, String> redacted = new LinkedHashMap<>();
        texts.forEach((name, text) -> redacted.put(name, redact.apply(text)));
        return redacted;
    }
}
