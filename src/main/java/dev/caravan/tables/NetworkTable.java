package dev.caravan.tables;

import dev.caravan.routes.RouteFiles;
import dev.caravan.spec.Cluster.Cni;
import dev.caravan.spec.Words;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.TreeMap;

/**
 * Which release of a pod network goes with which minor of Kubernetes, and which kernel it asks for, from
 * {@code routes/data/networks.yaml}. Immutable and thread-safe.
 */
public final class NetworkTable {
    static final String FILE = "data/networks.yaml";

    /** Those that can have rows. Cilium's project publishes no manifest, so its rows have no release. */
    private static final List<Cni> KNOWN = List.of(Cni.FLANNEL, Cni.CALICO, Cni.CILIUM);

    private final Map<Cni, NavigableMap<Integer, Row>> rows;

    private NetworkTable(Map<Cni, NavigableMap<Integer, Row>> rows) {
        this.rows = rows;
    }

    private record Row(Optional<NetworkRelease> release, Optional<String> kernel) {}

    /** The table that travels with Caravan. */
    public static NetworkTable builtIn() {
        return BuiltIn.TABLE;
    }

    /**
     * The table of these files.
     *
     * @throws InvalidData where it is not as it should be
     */
    public static NetworkTable of(RouteFiles files) {
        Map<String, Value> networks = Value.read(files, FILE).fields(KNOWN.stream().map(Words::of).toArray(String[]::new));
        Map<Cni, NavigableMap<Integer, Row>> table = new EnumMap<>(Cni.class);
        KNOWN.stream().filter(cni -> networks.containsKey(Words.of(cni))).forEach(cni -> {
            NavigableMap<Integer, Row> rows = new TreeMap<>();
            networks.get(Words.of(cni)).entries().forEach((minor, row) -> rows.put(minor(row, minor), row(cni, row)));
            table.put(cni, rows);
        });
        return new NetworkTable(table);
    }

    private static int minor(Value row, String text) {
        if (!text.matches("1\\.\\d{1,3}")) {
            throw row.wrong("\"" + text + "\" is no minor of Kubernetes", "for example 1.37");
        }
        return Integer.parseInt(text.substring(2));
    }

    private static Row row(Cni cni, Value row) {
        Map<String, Value> fields = cni == Cni.CILIUM
                ? row.fields("kernel")
                : row.fields("release", "manifest", "sha256", "podSubnet", "kernel");
        return new Row(cni == Cni.CILIUM ? Optional.empty() : Optional.of(release(row, fields)),
                Optional.ofNullable(fields.get("kernel")).map(Value::version));
    }

    private static NetworkRelease release(Value row, Map<String, Value> fields) {
        for (String needed : List.of("release", "manifest")) {
            if (!fields.containsKey(needed)) {
                throw row.wrong("this row has no " + needed, "it takes release, manifest, sha256, podSubnet and kernel");
            }
        }
        return new NetworkRelease(
                fields.get("release").text(),
                fields.get("manifest").text("https?://\\S+", "https://example.org/network.yaml"),
                Optional.ofNullable(fields.get("sha256"))
                        .map(value -> value.text("[0-9a-f]{64}", "the 64 characters that sha256sum prints")),
                Optional.ofNullable(fields.get("podSubnet")).map(value -> value.text("[0-9a-f.:]+/\\d{1,3}", "10.244.0.0/16")));
    }

    /** The release for that minor; empty for a network that has none, or none for a minor as old as this. */
    public Optional<NetworkRelease> release(Cni cni, int minor) {
        return row(cni, minor).flatMap(Row::release);
    }

    /** The oldest kernel that the network asks for with that minor; empty where none is known. */
    public Optional<String> kernel(Cni cni, int minor) {
        return row(cni, minor).flatMap(Row::kernel);
    }

    private Optional<Row> row(Cni cni, int minor) {
        return Optional.ofNullable(rows.get(cni)).map(any -> any.floorEntry(minor)).map(Map.Entry::getValue);
    }

    /** Read once. */
    private static final class BuiltIn {
        private static final NetworkTable TABLE = of(RouteFiles.builtIn());
    }
}
