package dev.caravan.spec;

import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * What a spec's {@code metadata.annotations} say to the inbox. Immutable.
 *
 * @param action     {@code caravan/action}
 * @param parameters {@code caravan/parameters}, as they would be given on the command line
 */
public record Annotations(Optional<String> action, Map<String, String> parameters) {
    public Annotations {
        parameters = Collections.unmodifiableMap(new LinkedHashMap<>(parameters));
    }

    /** Those of a spec that was read and found valid. */
    public static Annotations of(String text, Expansion expansion) {
        Optional<SpecNode> root = new SpecParser(expansion, new ArrayList<>()).parse(text);
        Map<String, String> parameters = new LinkedHashMap<>();
        root.ifPresent(spec -> spec.map("metadata", "annotations", "caravan/parameters")
                .forEach((name, value) -> parameters.put(name, String.valueOf(value.plain()))));
        return new Annotations(root.flatMap(spec -> spec.text("metadata", "annotations", "caravan/action")), parameters);
    }
}
