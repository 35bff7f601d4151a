package dev.caravan.spec;

import dev.caravan.spec.Cluster.Backup;
import dev.caravan.spec.Cluster.Cni;
import dev.caravan.spec.Cluster.Kubernetes;
import dev.caravan.spec.Cluster.Mirror;
import dev.caravan.spec.Cluster.Network;
import dev.caravan.spec.Cluster.Occasion;
import dev.caravan.spec.Cluster.OnFailure;
import dev.caravan.spec.Cluster.Packages;
import dev.caravan.spec.Cluster.RepositoryOverride;
import dev.caravan.spec.Cluster.Runtime;
import dev.caravan.spec.Cluster.RuntimeName;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/** Makes a {@link Cluster} of a spec without problems, defaults filled in. */
final class ClusterAssembly {
    private final SpecNode root;
    private final Expansion expansion;
    private final SshAssembly ssh;
    private final SshAssembly elsewhere;

    ClusterAssembly(SpecNode root, Expansion expansion) {
        this.root = root;
        this.expansion = expansion;
        this.ssh = new SshAssembly(expansion);
        this.elsewhere = SshAssembly.elsewhere(expansion);
    }

    Cluster cluster() {
        Mirror mirror = word(Mirror.class, "aliyun", "spec", "packages", "mirror");
        List<Host> hosts = root.list("spec", "hosts").stream().map(this::host).toList();
        Kubernetes kubernetes = kubernetes(mirror, hosts);
        Map<Boolean, List<Host>> present = hosts.stream().collect(Collectors.partitioningBy(Host::isPresent));
        return new Cluster(
                root.text("metadata", "name").orElseThrow(),
                kubernetes,
                new Packages(mirror, repository("kubernetes"), repository("runtime")),
                runtime(kubernetes.minor()),
                network(),
                present.get(true),
                word(OnFailure.class, "rollback", "spec", "onFailure"),
                root.at("spec", "maxFailedHosts").map(share -> Share.parse(share.plain().toString())),
                backup(),
                present.get(false),
                Optional.empty(),
                proxy(),
                adopted());
    }

    private Optional<Proxy> proxy() {
        Optional<Secret> http = root.text("spec", "proxy", "http").map(Secret::new);
        Optional<Secret> https = root.text("spec", "proxy", "https").map(Secret::new).or(() -> http);
        return https.map(any -> new Proxy(http, https, texts(root.list("spec", "proxy", "noProxy"))));
    }

    private Set<String> adopted() {
        return root.text("metadata", "annotations", "caravan/adopted").filter(names -> !names.isBlank())
                .map(names -> Set.copyOf(Arrays.asList(names.strip().split("[\\s,]+")))).orElse(Set.of());
    }

    private Backup backup() {
        Set<Occasion> before = EnumSet.noneOf(Occasion.class);
        if (root.at("spec", "backup", "before").isEmpty()) {
            before.addAll(Backup.USUAL.before());
        }
        List<String> words = texts(root.list("spec", "backup", "before"));
        Arrays.stream(Occasion.values()).filter(occasion -> words.contains(occasion.word())).forEach(before::add);
        return new Backup(Collections.unmodifiableSet(before),
                root.at("spec", "backup", "keep").map(keep -> ((Number) keep.plain()).intValue()).orElse(Backup.USUAL.keep()),
                root.text("spec", "backup", "passphrase").map(Secret::new));
    }

    private Kubernetes kubernetes(Mirror mirror, List<Host> hosts) {
        String firstControlPlane = hosts.stream()
                .filter(Host::isControlPlane)
                .findFirst()
                .orElseThrow()
                .nodeAddress();
        Optional<KeptEndpoint> endpoint = endpoint();
        return new Kubernetes(
                root.text("spec", "kubernetes", "version").orElseThrow(),
                root.text("spec", "kubernetes", "imageRepository").orElse(Defaults.imageRepository(mirror)),
                root.text("spec", "kubernetes", "controlPlaneEndpoint")
                        .or(() -> endpoint.map(KeptEndpoint::hostAndPort))
                        .orElse(IpAddress.withPort(firstControlPlane, Defaults.API_SERVER_PORT)),
                endpoint,
                withoutSpaces(root.text("spec", "kubernetes", "podSubnet").orElseGet(() -> Defaults.podSubnet(root))),
                withoutSpaces(root.text("spec", "kubernetes", "serviceSubnet").orElseGet(() -> Defaults.serviceSubnet(root))),
                kubeadm(),
                upgrade());
    }

    private Optional<KeptEndpoint> endpoint() {
        return root.at("spec", "kubernetes", "endpoint").filter(node -> !node.map().isEmpty()).map(node -> new KeptEndpoint(
                node.text("vip").isPresent() ? KeptEndpoint.Kind.VIP : KeptEndpoint.Kind.NODE_LOCAL,
                node.text("vip").orElse(KeptEndpoint.LOOPBACK),
                node.at("port").map(port -> ((Number) port.plain()).intValue()).orElse(KeptEndpoint.PORT)));
    }

    private Upgrade upgrade() {
        Map<Integer, String> via = new LinkedHashMap<>();
        root.map("spec", "kubernetes", "upgrade", "via")
                .forEach((minor, version) -> via.put(Integer.valueOf(minor.substring("1.".length())), version.asText().orElseThrow()));
        return new Upgrade(
                via,
                root.at("spec", "kubernetes", "upgrade", "maxUnavailable").map(share -> Share.parse(share.plain().toString()))
                        .orElse(Upgrade.DEFAULT.maxUnavailable()),
                new Upgrade.Drain(
                        root.text("spec", "kubernetes", "upgrade", "drain", "timeout").map(SshAssembly::duration)
                                .orElse(Upgrade.DEFAULT.drain().timeout()),
                        word(Upgrade.OnBlocked.class, "fail", "spec", "kubernetes", "upgrade", "drain", "onBlocked")));
    }

    private Map<String, Map<String, Object>> kubeadm() {
        Map<String, Map<String, Object>> overrides = new LinkedHashMap<>();
        root.map("spec", "kubernetes", "kubeadm")
                .forEach((kind, document) -> overrides.put(kind, unmodifiable(document.map())));
        return Collections.unmodifiableMap(overrides);
    }

    private static Map<String, Object> unmodifiable(Map<String, SpecNode> entries) {
        Map<String, Object> copy = new LinkedHashMap<>();
        entries.forEach((key, value) -> copy.put(key, unmodifiable(value)));
        return Collections.unmodifiableMap(copy);
    }

    private static Object unmodifiable(SpecNode node) {
        if (node instanceof SpecNode.SpecMap map) {
            return unmodifiable(map.entries());
        }
        if (node instanceof SpecNode.SpecList list) {
            List<Object> copy = new ArrayList<>();
            list.items().forEach(item -> copy.add(unmodifiable(item)));
            return Collections.unmodifiableList(copy);
        }
        return node.plain();
    }

    private RepositoryOverride repository(String name) {
        return new RepositoryOverride(
                root.text("spec", "packages", name, "baseUrl"),
                texts(root.list("spec", "packages", name, "gpgKeys")),
                root.at("spec", "packages", name, "gpgCheck").map(check -> (Boolean) check.plain()));
    }

    private Runtime runtime(int minor) {
        RuntimeName name = root.text("spec", "runtime", "name")
                .flatMap(word -> Arrays.stream(RuntimeName.values())
                        .filter(runtime -> runtime.word().equals(word))
                        .findFirst())
                .orElse(Defaults.runtime(minor));
        return new Runtime(
                name,
                root.text("spec", "runtime", "version"),
                texts(root.list("spec", "runtime", "insecureRegistries")),
                root.map("spec", "runtime", "registries").entrySet().stream()
                        .map(entry -> registry(entry.getKey(), entry.getValue())).toList());
    }

    private Registry registry(String host, SpecNode node) {
        return new Registry(
                host,
                node.list("mirrors").stream().map(mirror -> Registry.Mirror.parse(mirror.asText().orElseThrow())).toList(),
                node.text("username"),
                node.text("password").map(Secret::new),
                node.text("caFile").map(expansion::path),
                node.at("insecure").map(insecure -> (Boolean) insecure.plain()).orElse(false));
    }

    private Network network() {
        Optional<String> manifest = root.text("spec", "network", "manifest")
                .map(text -> text.contains("://") ? text : expansion.path(text));
        // A manifest alone is the whole network.
        return new Network(
                word(Cni.class, manifest.isPresent() ? "none" : "flannel", "spec", "network", "cni"), manifest,
                root.text("spec", "network", "interface"));
    }

    private Host host(SpecNode node) {
        Set<Role> roles = EnumSet.noneOf(Role.class);
        List<String> words = texts(node.list("roles"));
        Arrays.stream(Role.values()).filter(role -> words.contains(role.word())).forEach(roles::add);
        Map<String, String> labels = new LinkedHashMap<>();
        node.map("labels")
                .forEach((key, value) -> labels.put(key, value.asText().orElseThrow()));
        String zone = node.text("zone").orElse(Host.DEFAULT_ZONE);
        SshAssembly.Reached reached = (zone.equals(Host.DEFAULT_ZONE) ? ssh : elsewhere).reached(
                node.text("address").orElseThrow(), List.of(node.map("ssh"), root.map("spec", "ssh")));
        return new Host(
                node.text("name").orElseThrow(),
                reached.address(),
                InternalAddresses.of(root, node),
                Collections.unmodifiableSet(roles),
                reached.access(),
                Collections.unmodifiableMap(labels),
                texts(node.list("taints")),
                node.text("state").map(word -> Host.State.valueOf(word.toUpperCase(Locale.ROOT))).orElse(Host.State.PRESENT),
                zone);
    }

    private <E extends Enum<E>> E word(Class<E> type, String byDefault, String... keys) {
        return Enum.valueOf(
                type, root.text(keys).orElse(byDefault).toUpperCase(Locale.ROOT).replace('-', '_'));
    }

    private static List<String> texts(List<SpecNode> nodes) {
        return nodes.stream().map(node -> node.asText().orElseThrow()).toList();
    }

    private static String withoutSpaces(String text) {
        return text.replace(" ", "");
    }
}
