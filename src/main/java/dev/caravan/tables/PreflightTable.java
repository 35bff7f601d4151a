package dev.caravan.tables;

import dev.caravan.routes.RouteFiles;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;

/** Whether each preflight rule refuses, warns or is off, from {@code routes/data/preflight.yaml}. Immutable and thread-safe. */
public final class PreflightTable {
    static final String FILE = "data/preflight.yaml";

    /** Those that refuse at least some of what they find. */
    private static final List<String> REFUSING = List.of(
            "runtime-version", "removed-setting", "dual-stack", "kube-proxy-mode", "network-manifest", "operating-system", "init-system",
            "architecture", "kernel", "cgroups", "kernel-modules", "cpus", "memory", "disk", "clock", "one-machine", "address",
            "node-address", "network-interface",
            "mac-address", "product-uuid", "hostname", "node-name", "role", "kubelet-version", "kubernetes-version",
            "version-skew", "etcd-version", "program-version", "node-runtime", "port-in-use", "reach", "endpoint",
            "absent-host", "lost-host", "etcd-quorum");
    /** Those that by themselves only warn. */
    private static final Set<String> WARNING =
            Set.of("untried-version", "package-signature", "firewall", "machine-id", "hostname-differs", "leftover-network",
                    "certificates", "etcd-tolerance", "former-host", "deprecated-api");

    /** What the table says of a rule. */
    public enum Say {
        /** As the rule itself judges; a rule that by itself only warns refuses. */
        REFUSE,
        /** Never refuses. */
        WARN,
        /** Is not heard. */
        OFF
    }

    private final Map<String, Say> rules;

    private PreflightTable(Map<String, Say> rules) {
        this.rules = Map.copyOf(rules);
    }

    /** The table that travels with Caravan. */
    public static PreflightTable builtIn() {
        return BuiltIn.TABLE;
    }

    /**
     * The table of these files. A rule that it leaves out is as it is by itself.
     *
     * @throws InvalidData where it is not as it should be
     */
    public static PreflightTable of(RouteFiles files) {
        Map<String, Say> rules = new HashMap<>();
        Value.read(files, FILE).fields(Stream.concat(REFUSING.stream(), WARNING.stream().sorted()).toArray(String[]::new))
                .forEach((rule, value) -> rules.put(rule, value.constant(Say.values())));
        return new PreflightTable(rules);
    }

    /** What is said of that rule; of one that no table may name, {@link Say#REFUSE}. */
    public Say of(String rule) {
        return rules.getOrDefault(rule, WARNING.contains(rule) ? Say.WARN : Say.REFUSE);
    }

    /** Whether a warning of that rule is to refuse. */
    public boolean makesRefusalsOfWarnings(String rule) {
        return WARNING.contains(rule) && of(rule) == Say.REFUSE;
    }

    /** Read once. */
    private static final class BuiltIn {
        private static final PreflightTable TABLE = of(RouteFiles.builtIn());
    }
}
