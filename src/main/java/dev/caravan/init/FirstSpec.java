package dev.caravan.init;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * What a first spec says; everything else stays as the schema has it. Immutable.
 *
 * @param controlPlanes how many of the hosts, from the first on, are control planes; at least 1
 * @param endpoint      under which the API server is reached: ADDRESS is a virtual one that Caravan keeps, HOST:PORT a load balancer
 * @param privateKey    empty for the usual one
 * @param knownHosts    empty for the usual one
 */
public record FirstSpec(
        String name, String version, int controlPlanes, Optional<String> endpoint, String cni, String mirror, Optional<String> privateKey,
        Optional<String> knownHosts, List<FirstHost> hosts) {

    /**
     * @param name   the node's
     * @param remark what is known of it; empty if that is nothing
     */
    public record FirstHost(String name, Login login, String remark) {}

    /** The spec, in YAML. */
    public String yaml() {
        List<String> lines = new ArrayList<>(List.of(
                "# Written by caravan init. docs/reference.md lists all that a spec may say, and caravan schema prints it for an editor.",
                "apiVersion: caravan/v1",
                "kind: Cluster",
                "metadata:",
                "  name: " + value(name),
                "spec:",
                "  kubernetes:",
                "    version: " + value(version)));
        endpoint.ifPresent(where -> lines.add(isBalancer(where)
                ? "    controlPlaneEndpoint: " + value(where)
                : "    endpoint: {vip: " + value(where) + "}          # kept on the control planes by keepalived and haproxy"));
        lines.addAll(List.of(
                "  packages:",
                "    mirror: " + value(mirror),
                "  runtime:",
                "    name: containerd",
                "  network:",
                "    cni: " + value(cni)));
        ssh(lines);
        lines.add("  hosts:");
        for (int at = 0; at < hosts.size(); at++) {
            host(hosts.get(at), at < controlPlanes ? role() : "worker", lines);
        }
        return String.join("\n", lines) + "\n";
    }

    /* Workloads need a node without the control plane's taint. */
    private String role() {
        return controlPlanes == hosts.size() ? "control-plane, worker" : "control-plane";
    }

    private void ssh(List<String> lines) {
        lines.add("  ssh:");
        lines.add("    user: " + value(user()));
        privateKey.ifPresent(key -> lines.add("    privateKey: " + value(key)));
        knownHosts.ifPresent(file -> lines.add("    knownHosts: " + value(file)));
        if (hosts.stream().anyMatch(host -> !host.login().user().orElse("root").equals("root"))) {
            lines.add("    # sudoPassword: \"${env:SUDO_PASSWORD}\"    # if sudo asks for one");
        }
    }

    private String user() {
        return hosts.get(0).login().user().orElse("root");
    }

    private void host(FirstHost host, String role, List<String> lines) {
        lines.add("    - name: " + value(host.name()) + (host.remark().isEmpty() ? "" : "    # " + host.remark()));
        lines.add("      address: " + value(host.login().address()));
        lines.add("      roles: [" + role + "]");
        List<String> ssh = new ArrayList<>();
        host.login().user().filter(user -> !user.equals(user())).ifPresent(user -> ssh.add("user: " + value(user)));
        host.login().port().ifPresent(port -> ssh.add("port: " + port));
        if (!ssh.isEmpty()) {
            lines.add("      ssh: {" + String.join(", ", ssh) + "}");
        }
    }

    private static boolean isBalancer(String where) {
        return where.matches(".*[^:]:[0-9]+|\\[.*\\]:[0-9]+") && !where.matches("[0-9A-Fa-f:]*:[0-9A-Fa-f:]*:[0-9A-Fa-f:.]*");
    }

    /* YAML takes plain what is neither a number with a meaning of its own nor has any of its signs; JSON's strings are YAML's as well. */
    private static String value(String text) {
        boolean plain = text.matches("[A-Za-z~/][A-Za-z0-9_./~-]*|[0-9]{1,3}[.][0-9]+[.][0-9.]+");
        return plain && !text.matches("(?i)true|false|yes|no|on|off|null|~|y|n") ? text
                : "\"" + text.replace("\\", "\\\\").replace("\"", "\\\"") + "\"";
    }
}
