package dev.caravan.testkit;

import dev.caravan.spec.Cluster;
import dev.caravan.spec.Host;
import dev.caravan.spec.Role;
import dev.caravan.spec.Secret;
import dev.caravan.spec.SshAccess;
import dev.caravan.spec.Upgrade;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Clusters of hosts h1, h2 and so on, at 10.77.0.11 and up, the first ones control planes; without a spec's repositories filled in.
 * {@link TestClusters} reads clusters from specs.
 */
public final class Clusters {
    private Clusters() {}

    public static Cluster of(int controlPlanes, int workers) {
        return of(controlPlanes, workers, "1.20.2", "10.244.0.0/16", "10.77.0.11:6443", Cluster.RuntimeName.DOCKER, Map.of());
    }

    public static Cluster of(
            int controlPlanes, int workers, String version, String podSubnet, String endpoint, Cluster.RuntimeName runtime,
            Map<String, Map<String, Object>> kubeadm) {
        return of(controlPlanes, workers, new Cluster.Kubernetes(version, "registry.example/images", endpoint, Optional.empty(), podSubnet,
                "10.96.0.0/12", kubeadm, Upgrade.DEFAULT), runtime, access("root", Optional.empty(), Optional.empty()));
    }

    public static Cluster of(int controlPlanes, int workers, Cluster.RuntimeName runtime, SshAccess access) {
        return of(controlPlanes, workers, "1.20.2", runtime, access);
    }

    public static Cluster of(int controlPlanes, int workers, String version, Cluster.RuntimeName runtime, SshAccess access) {
        return of(controlPlanes, workers, new Cluster.Kubernetes(version, "registry.example/google_containers", "10.77.0.11:6443",
                Optional.empty(), "10.244.0.0/16", "10.96.0.0/12", Map.of(), Upgrade.DEFAULT), runtime, access);
    }

    private static Cluster of(int controlPlanes, int workers, Cluster.Kubernetes kubernetes, Cluster.RuntimeName runtime,
            SshAccess access) {
        List<Host> hosts = new ArrayList<>();
        for (int number = 1; number <= controlPlanes + workers; number++) {
            Role role = number <= controlPlanes ? Role.CONTROL_PLANE : Role.WORKER;
            hosts.add(new Host("h" + number, "10.77.0." + (10 + number), Set.of(role), access, Map.of(), List.of()));
        }
        Cluster.RepositoryOverride none = new Cluster.RepositoryOverride(Optional.empty(), List.of(), Optional.empty());
        return new Cluster("demo", kubernetes, new Cluster.Packages(Cluster.Mirror.ALIYUN, none, none),
                new Cluster.Runtime(runtime, Optional.empty(), List.of()), new Cluster.Network(Cluster.Cni.BRIDGE, Optional.empty()),
                hosts, Cluster.OnFailure.KEEP);
    }

    /** The same with these documents of kubeadm. */
    public static Cluster configured(Cluster cluster, Map<String, Map<String, Object>> kubeadm) {
        Cluster.Kubernetes known = cluster.kubernetes();
        return new Cluster(cluster.name(), new Cluster.Kubernetes(known.version(), known.imageRepository(), known.controlPlaneEndpoint(),
                known.endpoint(), known.podSubnet(), known.serviceSubnet(), kubeadm, known.upgrade()), cluster.packages(),
                cluster.runtime(), cluster.network(), cluster.hosts(), cluster.onFailure());
    }

    /** The same, rolled back when a run fails. */
    public static Cluster rolledBack(Cluster cluster) {
        return new Cluster(cluster.name(), cluster.kubernetes(), cluster.packages(), cluster.runtime(), cluster.network(), cluster.hosts(),
                Cluster.OnFailure.ROLLBACK);
    }

    public static SshAccess root() {
        return access("root", Optional.of("~/.ssh/id_ed25519"), Optional.empty());
    }

    public static SshAccess ops(String sudoPassword) {
        return access("ops", Optional.of("~/.ssh/id_ed25519"), Optional.of(new Secret(sudoPassword)));
    }

    private static SshAccess access(String user, Optional<String> key, Optional<Secret> sudoPassword) {
        return new SshAccess(user, 22, key, Optional.empty(), Optional.empty(), sudoPassword, "~/.ssh/known_hosts", Optional.empty(),
                SshAccess.HostKeyCheck.STRICT, false, Optional.empty(), Duration.ofSeconds(10), Duration.ofSeconds(15));
    }
}
