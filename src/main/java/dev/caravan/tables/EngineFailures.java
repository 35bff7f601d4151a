package dev.caravan.tables;

import dev.caravan.routes.RouteFiles;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The kinds of what the engine itself finds wrong with a step, from {@code routes/data/engine-failures.yaml}: whether a retry may cure it,
 * and what the user can do. Immutable and thread-safe.
 */
public final class EngineFailures {
    static final String FILE = "data/engine-failures.yaml";
    private static final String TRANSIENT = "transient";
    private static final String REMEDY = "remedy";

    /** What the table says of a kind. */
    public record Entry(boolean isTransient, String remedy) {}

    private final Map<String, Entry> entries;

    private EngineFailures(Map<String, Entry> entries) {
        this.entries = Map.copyOf(entries);
    }

    /** The table that travels with Caravan. */
    public static EngineFailures builtIn() {
        return BuiltIn.TABLE;
    }

    /**
     * The table of these files. What it leaves out is as in the built-in one, and it knows no other kinds.
     *
     * @throws InvalidData where it is not as it should be
     */
    public static EngineFailures of(RouteFiles files) {
        Map<String, Entry> entries = new HashMap<>(builtIn().entries);
        Value.read(files, FILE).fields(entries.keySet().stream().sorted().toArray(String[]::new))
                .forEach((kind, value) -> entries.put(kind, entry(value, entries.get(kind))));
        return new EngineFailures(entries);
    }

    private static Entry entry(Value value, Entry before) {
        Map<String, Value> fields = value.fields(TRANSIENT, REMEDY);
        return new Entry(fields.containsKey(TRANSIENT) ? fields.get(TRANSIENT).oneOf(List.of(true, false), String::valueOf)
                : before.isTransient(),
                fields.containsKey(REMEDY) ? fields.get(REMEDY).scalar() : before.remedy());
    }

    /** @throws IllegalArgumentException if there is no such kind */
    public Entry of(String kind) {
        Entry entry = entries.get(kind);
        if (entry == null) {
            throw new IllegalArgumentException(FILE + " has no kind " + kind);
        }
        return entry;
    }

    /** Read once. */
    private static final class BuiltIn {
        private static final EngineFailures TABLE = new EngineFailures(read());

        private static Map<String, Entry> read() {
            Map<String, Entry> entries = new HashMap<>();
            Value.read(RouteFiles.builtIn(), FILE).entries()
                    .forEach((kind, value) -> entries.put(kind, entry(value, new Entry(false, ""))));
            return entries;
        }
    }
}
