package dev.caravan.testkit;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;

/** Outputs of facts.sh as real hosts gave them. */
public final class RecordedOutputs {
    private RecordedOutputs() {}

    /** Those of that recording, by name; a caller may change them. */
    public static Map<String, String> of(String recording) {
        try (InputStream stream = RecordedOutputs.class.getResourceAsStream("/dev/caravan/facts/" + recording + ".facts")) {
            Map<String, String> outputs = new LinkedHashMap<>();
            String name = "";
            for (String line : new String(stream.readAllBytes(), StandardCharsets.UTF_8).lines().toList()) {
                if (line.matches("\\[[a-zA-Z]+]")) {
                    name = line.substring(1, line.length() - 1);
                } else {
                    outputs.merge(name, line, (before, next) -> before + "\n" + next);
                }
            }
            return outputs;
        } catch (IOException unreadable) {
            throw new UncheckedIOException(unreadable);
        }
    }
}
