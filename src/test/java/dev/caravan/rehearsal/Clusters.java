package dev.caravan.rehearsal;

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

/** Clusters for tests, as a spec would describe them. */
final class Clusters {
    private Clusters() {}

    /** h1, h2, ... at 10.77.0.11 and up, the first ones control planes, without a spec's repositories filled in. */
    static Cluster of(int controlPlanes, int workers, Cluster.RuntimeName runtime, SshAccess access) {
        return of(controlPlanes, workers, "1.20.2", runtime, access);
    }

    static Cluster of(int controlPlanes, int workers, String version, Cluster.RuntimeName runtime, SshAccess access) {
        List<Host> hosts = new ArrayList<>();
        for (int number = 1; number <= controlPlanes + workers; number++) {
            Role role = number <= controlPlanes ? Role.CONTROL_PLANE : Role.WORKER;
            hosts.add(new Host("h" + number, "10.77.0." + (10 + number), Set.of(role), access, Map.of(), List.of()));
        }
        Cluster.RepositoryOverride none = new Cluster.RepositoryOverride(Optional.empty(), List.of(), Optional.empty());
        return new Cluster(
                "demo",
                new Cluster.Kubernetes(version, "registry.example/google_containers", "10.77.0.11:6443", Optional.empty(), "10.244.0.0/16",
                        "10.96.0.0/12", Map.of(), Upgrade.DEFAULT),
                new Cluster.Packages(Cluster.Mirror.ALIYUN, none, none),
                new Cluster.Runtime(runtime, Optional.empty(), List.of()),
                new Cluster.Network(Cluster.Cni.BRIDGE, Optional.empty()),
                hosts,
                Cluster.OnFailure.KEEP);
    }

    static SshAccess root() {
        return access("root", Optional.empty());
    }

    static SshAccess ops(String sudoPassword) {
        return access("ops", Optional.of(new Secret(sudoPassword)));
    }

    private static SshAccess access(String user, Optional<Secret> sudoPassword) {
        return new SshAccess(user, 22, Optional.of("~/.ssh/id_ed25519"), Optional.empty(), Optional.empty(), sudoPassword,
                "~/.ssh/known_hosts", Optional.empty(), SshAccess.HostKeyCheck.STRICT, false, Optional.empty(),
                Duration.ofSeconds(10), Duration.ofSeconds(15));
    }
}
