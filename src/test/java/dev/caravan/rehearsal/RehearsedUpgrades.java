package dev.caravan.rehearsal;

import dev.caravan.packages.Family;
import dev.caravan.spec.Cluster;
import dev.caravan.spec.Upgrade;
import dev.caravan.testkit.Clusters;
import dev.caravan.testkit.RehearsedRuns;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Clusters of a rehearsal before and after an upgrade. */
abstract class RehearsedUpgrades {
    @RegisterExtension
    final Scratch scratch = new Scratch();

    final RehearsedRuns runs = new RehearsedRuns(scratch);

    /** What an upgrade changes on a worker: packages, repositories, the kubelet's configuration. */
    static Map<String, String> kubernetesOf(Rehearsal rehearsal, String host) throws Exception {
        Path root = rehearsal.roots().get(host);
        Map<String, String> found = new TreeMap<>();
        for (String name : List.of("kubelet", "kubectl", "kubeadm")) {
            found.put(name, version(rehearsal, host, name));
        }
        for (String name : List.of("etc/yum.repos.d/kubernetes.repo", "etc/apt/sources.list.d/kubernetes.list",
                "var/lib/kubelet/config.yaml", "var/lib/kubelet/kubeadm-flags.env")) {
            Path file = root.resolve(name);
            found.put(name, Files.exists(file) ? Files.readString(file) : "absent");
        }
        return found;
    }

    Rehearsal start(Cluster cluster, Family family, List<Fault> faults) throws Exception {
        return Rehearsal.start(Clusters.rolledBack(cluster), faults, scratch.directory(),
                Rehearsal.Options.usual().withFamily(family).withPace(0));
    }

    static Cluster at(Cluster cluster, String version, Map<Integer, String> via) {
        Cluster.Kubernetes known = cluster.kubernetes().at(version);
        Cluster.Kubernetes kubernetes = new Cluster.Kubernetes(version, known.imageRepository(), known.controlPlaneEndpoint(),
                known.endpoint(),
                known.podSubnet(), known.serviceSubnet(), known.kubeadm(),
                new Upgrade(via, Upgrade.DEFAULT.maxUnavailable(), Upgrade.DEFAULT.drain()));
        return new Cluster(cluster.name(), kubernetes, cluster.packages(), cluster.runtime(), cluster.network(), cluster.hosts(),
                cluster.onFailure());
    }

    /** By node, the version of the kubelet that runs. */
    static Map<String, String> versions(Rehearsal rehearsal) throws Exception {
        Map<String, String> versions = new TreeMap<>();
        for (String host : rehearsal.roots().keySet()) {
            Path node = rehearsal.roots().get(host).getParent().resolveSibling("shared").resolve("nodes").resolve(host);
            versions.put(host, Files.readString(node.resolve("version")).strip());
        }
        return versions;
    }

    static String version(Rehearsal rehearsal, String host, String name) throws Exception {
        return Files.readString(rehearsal.roots().get(host).resolve(".rehearsal/packages").resolve(name).resolve("version")).strip();
    }
}
