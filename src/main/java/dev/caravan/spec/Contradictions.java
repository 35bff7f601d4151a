package dev.caravan.spec;

import dev.caravan.spec.SpecNode.SpecMap;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What a spec says that cannot be true together, or that a pattern cannot tell. Values whose form is wrong already are left
 * alone here.
 */
final class Contradictions {
    /** The oldest minor whose kubeadm takes one of the configuration APIs that Caravan writes (v1beta1). */
    private static final int OLDEST_MINOR = 13;
    /**
     * From this minor on the certificate key has a place in kubeadm's configuration (v1beta2); before, it had to be a
     * flag.
     */
    private static final int SEVERAL_CONTROL_PLANES_FROM = 15;
    /** The oldest minor in pkgs.k8s.io; what Google's repository held before is gone since March 2024. */
    private static final int COMMUNITY_FROM = 24;

    private static final Pattern VERSION = Pattern.compile("1\\.([0-9]{1,3})\\.[0-9]{1,3}");
    private static final Pattern LABEL_KEY =
            Pattern.compile("([a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?/)?[A-Za-z0-9]([A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?");
    private static final Pattern ONLY_NUMBERS = Pattern.compile("[0-9]+(\\.[0-9]+)*");

    private final SpecNode root;
    private final List<Problem> problems = new ArrayList<>();

    private Contradictions(SpecNode root) {
        this.root = root;
    }

    static List<Problem> problems(SpecNode root) {
        Contradictions contradictions = new Contradictions(root);
        contradictions.version();
        contradictions.hosts();
        contradictions.controlPlanes();
        contradictions.packages();
        contradictions.problems.addAll(RepositoryPlaceholders.problems(root));
        contradictions.network();
        int minor = contradictions.minor().orElse(Integer.MAX_VALUE);
        contradictions.problems.addAll(InternalAddresses.problems(root));
        contradictions.problems.addAll(SubnetContradictions.problems(root, minor));
        contradictions.problems.addAll(KubeadmOverrides.problems(root, minor));
        contradictions.problems.addAll(UpgradeContradictions.problems(root));
        contradictions.problems.addAll(EndpointContradictions.problems(root));
        contradictions.problems.addAll(RemovalContradictions.problems(root));
        contradictions.problems.addAll(ProxyContradictions.problems(root));
        contradictions.problems.addAll(RegistryContradictions.problems(root, minor));
        contradictions.problems.addAll(UrlContradictions.problems(root));
        return contradictions.problems;
    }

    private Optional<Integer> minor() {
        return root.text("spec", "kubernetes", "version")
                .map(VERSION::matcher)
                .filter(Matcher::matches)
                .map(match -> Integer.valueOf(match.group(1)));
    }

    private void version() {
        if (minor().orElse(OLDEST_MINOR) < OLDEST_MINOR) {
            add(
                    "Kubernetes before 1." + OLDEST_MINOR + " is not supported",
                    "write 1." + OLDEST_MINOR + ".0 or later",
                    "spec",
                    "kubernetes",
                    "version");
        }
    }

    private void hosts() {
        Map<String, SpecNode> names = new HashMap<>();
        Map<Object, SpecNode> addresses = new HashMap<>();
        for (SpecNode host : root.list("spec", "hosts")) {
            host.text("name")
                    .ifPresent(name -> unique(names, name, host.at("name").orElseThrow(), "name"));
            host.text("address")
                    .ifPresent(address ->
                            address(addresses, address, host.at("address").orElseThrow()));
            host.map("labels").forEach((key, value) -> label(host, key));
            jump(host);
        }
        jump(root.at("spec").orElse(root));
        endpointPort();
    }

    private void address(Map<Object, SpecNode> addresses, String address, SpecNode node) {
        Optional<InetAddress> parsed = IpAddress.parse(address);
        if (parsed.isEmpty() && (ONLY_NUMBERS.matcher(address).matches() || address.contains(":"))) {
            problems.add(node.problem(
                    "not a valid IP address: \"" + shown(node) + "\"",
                    "write the address alone, without a port; a port goes into ssh.port"));
            return;
        }
        if (parsed.map(InetAddress::isAnyLocalAddress).orElse(false)) {
            problems.add(node.problem(
                    "\"" + shown(node) + "\" is no address of a host", "write the address that the other hosts use"));
            return;
        }
        unique(addresses, parsed.<Object>map(ip -> ip).orElse(address.toLowerCase(Locale.ROOT)), node, "address");
    }

    private <T> void unique(Map<T, SpecNode> seen, T value, SpecNode node, String what) {
        SpecNode first = seen.putIfAbsent(value, node);
        if (first != null) {
            problems.add(node.problem(
                    "two hosts have the " + what + " \"" + shown(node) + "\"",
                    "the other one is on line " + first.line()));
        }
    }

    private void label(SpecNode host, String key) {
        if (!LABEL_KEY.matcher(key).matches()) {
            SpecMap labels = (SpecMap) host.at("labels").orElseThrow();
            SpecNode.Position at = labels.keys().get(key);
            problems.add(new Problem(
                    at.line(),
                    at.column(),
                    labels.path() + "." + key,
                    "not a valid label name: \"" + key + "\"",
                    "for example example.org/disk"));
        }
    }

    private void jump(SpecNode owner) {
        for (Optional<SpecNode> ssh = owner.at("ssh");
                ssh.isPresent();
                ssh = ssh.get().at("proxyJump")) {
            SpecNode jump = ssh.get().at("proxyJump").orElse(null);
            if (jump != null
                    && jump.asText().isPresent()
                    && !Jumps.portsAreValid(jump.asText().get())) {
                problems.add(jump.problem("a port is larger than 65535", "for example ops@bastion.example.org:22"));
            }
        }
    }

    private void endpointPort() {
        root.text("spec", "kubernetes", "controlPlaneEndpoint").ifPresent(endpoint -> {
            String port = endpoint.substring(endpoint.lastIndexOf(':') + 1);
            if (port.matches("[0-9]{1,5}") && Integer.parseInt(port) > 65535) {
                add(
                        "the port is larger than 65535",
                        "for example 192.0.2.10:6443",
                        "spec",
                        "kubernetes",
                        "controlPlaneEndpoint");
            }
        });
    }

    private void controlPlanes() {
        List<SpecNode> hosts = root.list("spec", "hosts");
        boolean known = !hosts.isEmpty()
                && hosts.stream()
                        .allMatch(host -> !host.list("roles").isEmpty()
                                && host.list("roles").stream().allMatch(role -> isRole(role)));
        long controlPlanes = hosts.stream().filter(this::isControlPlane).count();
        if (known && controlPlanes == 0) {
            add("no host is a control plane", "give one host the role control-plane", "spec", "hosts");
        }
        if (controlPlanes > 1
                && root.text("spec", "kubernetes", "controlPlaneEndpoint").isEmpty()
                && root.at("spec", "kubernetes", "endpoint").isEmpty()
                && root.at("spec", "kubernetes").isPresent()) {
            SpecNode place = root.at("spec", "kubernetes", "controlPlaneEndpoint")
                    .or(() -> root.at("spec", "kubernetes"))
                    .orElseThrow();
            problems.add(new Problem(
                    place.line(),
                    place.column(),
                    "spec.kubernetes.controlPlaneEndpoint",
                    controlPlanes + " control planes need a controlPlaneEndpoint",
                    "write controlPlaneEndpoint: HOST:PORT of a load balancer, or endpoint: {vip: ADDRESS} for a virtual address that "
                            + "Caravan keeps"));
        }
        if (controlPlanes > 1 && minor().orElse(SEVERAL_CONTROL_PLANES_FROM) < SEVERAL_CONTROL_PLANES_FROM) {
            add(
                    "several control planes need Kubernetes 1." + SEVERAL_CONTROL_PLANES_FROM + " or later",
                    "take a later version, or one control plane",
                    "spec",
                    "kubernetes",
                    "version");
        }
    }

    private static boolean isRole(SpecNode role) {
        return role.asText()
                .filter(word -> word.equals("worker") || word.equals("control-plane"))
                .isPresent();
    }

    private boolean isControlPlane(SpecNode host) {
        return host.list("roles").stream()
                .anyMatch(role -> role.asText().filter("control-plane"::equals).isPresent());
    }

    private void packages() {
        String mirror = root.text("spec", "packages", "mirror").orElse("aliyun");
        boolean named = root.text("spec", "packages", "kubernetes", "baseUrl").isPresent();
        SpecNode place =
                root.at("spec", "packages", "mirror").or(() -> root.at("spec")).orElse(root);
        if (mirror.equals("community") && !named && minor().orElse(COMMUNITY_FROM) < COMMUNITY_FROM) {
            problems.add(place.problem(
                    "the community's repositories begin with Kubernetes 1." + COMMUNITY_FROM,
                    "take mirror: aliyun, which still has the older versions, or name packages.kubernetes.baseUrl"));
        }
        if (mirror.equals("custom")) {
            if (!named) {
                problems.add(place.problem(
                        "mirror custom needs packages.kubernetes.baseUrl",
                        "write the URL of the repository that holds kubelet, kubeadm and kubectl"));
            }
            signed("kubernetes");
            signed("runtime");
        }
    }

    private void signed(String repository) {
        boolean checked = root.at("spec", "packages", repository, "gpgCheck")
                .map(check -> !Boolean.FALSE.equals(check.plain()))
                .orElse(true);
        if (checked
                && root.text("spec", "packages", repository, "baseUrl").isPresent()
                && root.list("spec", "packages", repository, "gpgKeys").isEmpty()) {
            add(
                    "mirror custom has no key to check this repository with",
                    "write gpgKeys: [URL], or gpgCheck: false to go without",
                    "spec",
                    "packages",
                    repository);
        }
    }

    private void network() {
        boolean bridge =
                root.text("spec", "network", "cni").filter("bridge"::equals).isPresent();
        if (bridge && root.text("spec", "network", "manifest").isPresent()) {
            add("cni bridge has no manifest", "take one of the two away", "spec", "network", "manifest");
        }
        boolean cilium = root.text("spec", "network", "cni").filter("cilium"::equals).isPresent();
        if (cilium && root.text("spec", "network", "manifest").isEmpty()) {
            add("cilium publishes no manifest that could be applied",
                    "render its chart (helm template) and name the file in network.manifest",
                    "spec", "network", "cni");
        }
        networkInterface();
    }

    private void networkInterface() {
        Optional<SpecNode> named = root.at("spec", "network", "interface");
        String cni = root.text("spec", "network", "cni").orElse("flannel");
        if (named.isPresent() && root.text("spec", "network", "manifest").isPresent()) {
            problems.add(named.get().problem(
                    "network.interface is for the released manifests of flannel and calico, and the spec names another",
                    "name the interface in the manifest itself"));
        } else if (named.isPresent() && cni.equals("bridge")) {
            problems.add(named.get().problem("cni bridge has no use for an interface: its routes lead to the nodes' addresses",
                    "give each host the address of that interface as internalAddress"));
        } else if (named.isPresent() && !cni.equals("flannel") && !cni.equals("calico")) {
            problems.add(named.get().problem("network.interface is for flannel and calico, and cni is " + cni,
                    "take it away, and name the interface where that network is configured"));
        }
    }

    private static String shown(SpecNode node) {
        return node instanceof SpecNode.SpecScalar scalar ? scalar.shown() : node.kind();
    }

    private void add(String message, String remedy, String... keys) {
        problems.add(root.at(keys).orElse(root).problem(message, remedy));
    }
}
