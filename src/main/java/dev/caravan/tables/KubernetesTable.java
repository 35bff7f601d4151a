package dev.caravan.tables;

import dev.caravan.routes.RouteFiles;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.TreeMap;

/**
 * What each minor of Kubernetes needs, from {@code routes/data/kubernetes.yaml}. A minor without a row of its own is as the one
 * before it. Immutable and thread-safe.
 */
public final class KubernetesTable {
    static final String FILE = "data/kubernetes.yaml";

    private final NavigableMap<Integer, Minor> minors;
    private final int newestTried;
    private final String lastLegacy;
    private final String offered;

    private KubernetesTable(NavigableMap<Integer, Minor> minors, int newestTried, String lastLegacy, String offered) {
        this.minors = minors;
        this.newestTried = newestTried;
        this.lastLegacy = lastLegacy;
        this.offered = offered;
    }

    /** The table that travels with Caravan. */
    public static KubernetesTable builtIn() {
        return BuiltIn.TABLE;
    }

    /**
     * The table of these files.
     *
     * @throws InvalidData where it is not as it should be
     */
    public static KubernetesTable of(RouteFiles files) {
        Value file = Value.read(files, FILE);
        Map<String, Value> fields = file.fields("newestTried", "offered", "lastLegacy", "minors");
        if (!fields.keySet().containsAll(List.of("newestTried", "lastLegacy", "minors"))) {
            throw file.wrong("newestTried, lastLegacy or minors is missing",
                    "write newestTried: 1.37, lastLegacy: 1.28.2, and under minors a row for each minor");
        }
        NavigableMap<Integer, Minor> minors = new TreeMap<>();
        fields.get("minors").entries().forEach((key, row) -> {
            int number = number(row, key);
            if (!minors.isEmpty() && number <= minors.lastKey()) {
                throw row.wrong(key + " is below 1." + minors.lastKey(), "sort the rows, the oldest minor first");
            }
            minors.put(number, MinorRow.read(number, row, minors.isEmpty() ? null : minors.lastEntry().getValue()));
        });
        if (minors.isEmpty()) {
            throw fields.get("minors").wrong("no minor at all", "write a row for each");
        }
        Value tried = fields.get("newestTried");
        String legacy = fields.get("lastLegacy").text("1\\.\\d{1,3}\\.\\d{1,3}", "1.28.2");
        String offered = fields.containsKey("offered")
                ? fields.get("offered").text("1\\.\\d{1,3}\\.\\d{1,3}", "1.37.2")
                : tried.text() + ".0";
        return new KubernetesTable(minors, number(tried, tried.text()), legacy, offered);
    }

    private static int number(Value place, String text) {
        if (!text.matches("1\\.\\d{1,3}")) {
            throw place.wrong("\"" + text + "\" is no minor of Kubernetes", "for example 1.37");
        }
        return Integer.parseInt(text.substring(2));
    }

    /**
     * What that minor needs.
     *
     * @throws IllegalArgumentException for one that is older than the table
     */
    public Minor minor(int number) {
        Map.Entry<Integer, Minor> row = minors.floorEntry(number);
        if (row == null) {
            throw new IllegalArgumentException(
                    "Kubernetes 1." + number + " is older than 1." + minors.firstKey() + ", the oldest that Caravan knows");
        }
        return row.getValue();
    }

    /** The newest minor that Caravan was tried with: 37 for 1.37. */
    public int newestTried() {
        return newestTried;
    }

    /** The version that {@code caravan init} offers: 1.37.2. Where the table names none, the first one of the newest minor tried. */
    public String offered() {
        return offered;
    }

    /** The last version in the repository that had all versions: 1.28.2. */
    public String lastLegacy() {
        return lastLegacy;
    }

    /** The oldest minor that has a repository there, as people write it: 1.24. Empty for none. */
    public Optional<String> firstIn(Minor.Packager packager) {
        return minors.values().stream().filter(minor -> minor.repositories().contains(packager)).map(Minor::series).findFirst();
    }

    /** Read once. */
    private static final class BuiltIn {
        private static final KubernetesTable TABLE = of(RouteFiles.builtIn());
    }
}
