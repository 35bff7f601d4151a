package dev.caravan.tables;

import dev.caravan.routes.RouteFiles;
import dev.caravan.spec.Cluster.Cni;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.TreeMap;

/**
 * Which release of a pod network goes with which minor of Kubernetes, from {@code routes/data/networks.yaml}. Immutable and
 * thread-safe.
 */
public final class NetworkTable {
    static final String FILE = "data/networks.yaml";

    /** Those whose projects publish a manifest. */
    private static final List<Cni> KNOWN = List.of(Cni.FLANNEL, Cni.CALICO);

    private final Map<Cni, NavigableMap<Integer, NetworkRelease>> releases;

    private NetworkTable(Map<Cni, NavigableMap<Integer, NetworkRelease>> releases) {
        this.releases = releases;
    }

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
        Map<Cni, NavigableMap<Integer, NetworkRelease>> releases = new EnumMap<>(Cni.class);
        KNOWN.stream().filter(cni -> networks.containsKey(Words.of(cni))).forEach(cni -> {
            NavigableMap<Integer, NetworkRelease> rows = new TreeMap<>();
            networks.get(Words.of(cni)).entries().forEach((minor, row) -> rows.put(minor(row, minor), release(row)));
            releases.put(cni, rows);
        });
        return new NetworkTable(releases);
    }

    private static int minor(Value row, String text) {
        if (!text.matches("1\\.\\d{1,3}")) {
            throw row.wrong("\"" + text + "\" is no minor of Kubernetes", "for example 1.37");
        }
        return Integer.parseInt(text.substring(2));
    }

    private static NetworkRelease release(Value row) {
        Map<String, Value> fields = row.fields("release", "manifest", "sha256", "podSubnet");
        for (String needed : List.of("release", "manifest")) {
            if (!fields.containsKey(needed)) {
                throw row.wrong("this row has no " + needed, "it takes release, manifest, sha256 and podSubnet");
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
        return Optional.ofNullable(releases.get(cni)).map(rows -> rows.floorEntry(minor)).map(Map.Entry::getValue);
    }

    /** Read once. */
    private static final class BuiltIn {
        private static final NetworkTable TABLE = of(RouteFiles.builtIn());
    }
}
