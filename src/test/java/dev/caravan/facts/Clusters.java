package dev.caravan.facts;

import dev.caravan.spec.Cluster;
import dev.caravan.spec.Host;
import dev.caravan.spec.Role;
import dev.caravan.spec.SshAccess;
import dev.caravan.spec.Upgrade;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** Clusters of hosts h1, h2 and so on, at 10.77.0.11 and up. */
final class Clusters {
    private Clusters() {}

    static Cluster of(int controlPlanes, int workers) {
        return of(controlPlanes, workers, "1.20.2", "10.244.0.0/16", "10.77.0.11:6443", Cluster.RuntimeName.DOCKER, Map.of());
    }

    static Cluster of(
            int controlPlanes, int workers, String version, String podSubnet, String endpoint, Cluster.RuntimeName runtime,
            Map<String, Map<String, Object>> kubeadm) {
        List<Host> hosts = new ArrayList<>();
        for (int number = 1; number <= controlPlanes + workers; number++) {
            hosts.add(new Host("h" + number, "10.77.0." + (10 + number),
                    Set.of(number <= controlPlanes ? Role.CONTROL_PLANE : Role.WORKER), access(), Map.of(), List.of()));
        }
        Cluster.RepositoryOverride none = new Cluster.RepositoryOverride(Optional.empty(), List.of(), Optional.empty());
        return new Cluster(
                "demo",
                new Cluster.Kubernetes(version, "registry.example/images", endpoint, Optional.empty(), podSubnet, "10.96.0.0/12", kubeadm,
                        Upgrade.DEFAULT),
                new Cluster.Packages(Cluster.Mirror.ALIYUN, none, none),
                new Cluster.Runtime(runtime, Optional.empty(), List.of()),
                new Cluster.Network(Cluster.Cni.BRIDGE, Optional.empty()),
                hosts,
                Cluster.OnFailure.KEEP);
    }

    private static SshAccess access() {
        return new SshAccess(
                "root", 22, Optional.empty(), Optional.empty(), Optional.empty(), Optional.empty(), "known_hosts", Optional.empty(),
                SshAccess.HostKeyCheck.STRICT, false, Optional.empty(), Duration.ofSeconds(10), Duration.ofSeconds(15));
    }
}
