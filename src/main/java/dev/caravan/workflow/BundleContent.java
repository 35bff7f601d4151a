package dev.caravan.workflow;

import dev.caravan.bundle.Bundle;
import dev.caravan.bundle.BundleIndex;
import dev.caravan.bundle.BundleIndex.PackageFile;
import dev.caravan.bundle.BundleIndex.SystemPackages;
import dev.caravan.bundle.HostKind;
import dev.caravan.facts.Facts;
import dev.caravan.facts.Finding;
import dev.caravan.facts.UpgradePath;
import dev.caravan.spec.Cluster;
import dev.caravan.spec.Cluster.RuntimeName;
import dev.caravan.spec.Host;
import dev.caravan.tables.KubernetesTable;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Whether a bundle has what the hosts of a spec need. */
final class BundleContent {
    private static final String MAKE_ANOTHER =
            "Make another bundle: caravan bundle, with a spec of the same version and a connected host of each system.";
    private static final int LARGEST_MANIFEST = 16 << 20;

    private BundleContent() {}

    /** What is missing. */
    static List<Finding> findings(BundleIndex index, Cluster cluster, Map<String, Facts> facts, KubernetesTable versions) {
        List<Finding> findings = new ArrayList<>();
        String version = cluster.kubernetes().version();
        if (!index.kubernetes().equals(version)) {
            findings.add(Bundles.refusal(List.of(),
                    "the bundle has Kubernetes " + index.kubernetes() + ", and the spec asks for " + version, MAKE_ANOTHER));
        }
        if (cluster.runtime().name() != RuntimeName.CONTAINERD) {
            findings.add(Bundles.refusal(List.of(), "a bundle serves images to containerd, and the spec has runtime.name: "
                    + cluster.runtime().name().word(), "Write runtime.name: containerd."));
        }
        List<UpgradePath.Hop> hops = UpgradePath.of(cluster, facts, versions).hops();
        if (hops.size() > 1) {
            findings.add(Bundles.refusal(List.of(), "the way to " + version + " leads through "
                    + hops.stream().limit(hops.size() - 1L).map(UpgradePath.Hop::to).collect(Collectors.joining(", "))
                    + ", and a bundle has one version", "Upgrade by one minor at a time, with a bundle for each."));
        }
        String apiServer = cluster.kubernetes().imageRepository() + "/kube-apiserver:";
        if (index.images().stream().noneMatch(image -> image.name().startsWith(apiServer))) {
            findings.add(Bundles.refusal(List.of(), "the bundle has no image " + apiServer + "..., as kubernetes.imageRepository names it",
                    "Make the bundle with the same kubernetes.imageRepository."));
        }
        findings.addAll(systems(index, cluster, facts));
        return findings;
    }

    /* One finding for all hosts that lack the same. */
    private static List<Finding> systems(BundleIndex index, Cluster cluster, Map<String, Facts> facts) {
        Map<String, List<String>> lacking = new LinkedHashMap<>();
        for (Host host : cluster.hosts()) {
            if (facts.containsKey(host.name())) {
                lacks(index, cluster, HostKind.of(facts.get(host.name())))
                        .forEach(what -> lacking.computeIfAbsent(what, any -> new ArrayList<>()).add(host.name()));
            }
        }
        return lacking.entrySet().stream().map(each -> Bundles.refusal(each.getValue(), each.getKey(), MAKE_ANOTHER)).toList();
    }

    private static Stream<String> lacks(BundleIndex index, Cluster cluster, HostKind kind) {
        Optional<SystemPackages> system = index.systemOf(kind);
        if (system.isEmpty()) {
            return Stream.of("the bundle has no packages for " + kind + "; it has them for " + index.systems().stream()
                    .map(each -> each.system() + " " + each.architecture()).collect(Collectors.joining(", ")));
        }
        List<String> missing = new ArrayList<>();
        for (String name : List.of("kubelet", "kubeadm", "kubectl")) {
            if (!has(system.get(), name, cluster.kubernetes().version())) {
                missing.add(name + " " + cluster.kubernetes().version());
            }
        }
        String runtime = cluster.runtime().version().orElse("");
        if (!has(system.get(), "containerd.io", runtime) && !has(system.get(), "containerd", runtime)) {
            missing.add(("containerd " + runtime).strip());
        }
        if (cluster.kubernetes().endpoint().isPresent()) {
            Stream.of("keepalived", "haproxy").filter(name -> !has(system.get(), name, "")).forEach(missing::add);
        }
        return missing.isEmpty() ? Stream.empty() : Stream.of("the bundle has for " + kind + " no package " + String.join(", ", missing));
    }

    /* the version without epoch, and before the revision */
    private static boolean has(SystemPackages system, String name, String version) {
        return system.packages().stream().filter(each -> each.name().equals(name)).map(PackageFile::version)
                .map(each -> each.replaceFirst("^[0-9]+:", ""))
                .anyMatch(each -> version.isEmpty() || each.equals(version) || each.startsWith(version + "-")
                        || each.startsWith(version + "~"));
    }

    /** The manifest that the bundle has from that address. */
    static Optional<byte[]> manifest(Bundle bundle, String address) {
        return Optional.ofNullable(bundle.index().manifests().get(address)).map(path -> {
            try {
                return bundle.read(path, LARGEST_MANIFEST);
            } catch (IOException e) {
                throw new IllegalStateException("the bundle cannot be read: " + e.getMessage(), e);
            }
        });
    }
}
