package dev.caravan.rehearsal;

import static org.assertj.core.api.Assertions.assertThat;

import dev.caravan.engine.Engine;
import dev.caravan.spec.Cluster;
import dev.caravan.spec.Host;
import dev.caravan.spec.KeptEndpoint;
import dev.caravan.testkit.Clusters;
import dev.caravan.testkit.RehearsedRuns;
import dev.caravan.testkit.RehearsedRuns.Ended;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Rehearsal: a running cluster is moved to another endpoint. On real hosts {@code src/test/lab/endpoint change-apt} does the same. */
class ChangeEndpointRehearsalTest {
    private static final Map<String, String> SETTINGS = Map.of("caravan.certificates.seconds", "3");
    private static final String FORMER = "10.77.0.11:6443";
    private static final KeptEndpoint VIP = new KeptEndpoint(KeptEndpoint.Kind.VIP, "10.77.0.100", 8443);
    private static final KeptEndpoint LOCAL = new KeptEndpoint(KeptEndpoint.Kind.NODE_LOCAL, "127.0.0.1", 8443);
    /** Files whose server is the endpoint; what has a key is compared with what was there before. */
    private static final Set<String> WATCHED = Set.of("etc/kubernetes", "etc/haproxy", "etc/keepalived", "root/.kube");

    @RegisterExtension
    final Scratch scratch = new Scratch();

    private final RehearsedRuns runs = new RehearsedRuns(scratch);

    @Tag("long")
    @Test
    void fromAHostsAddressToAVirtualAddressAndTheSecondRunChangesNothing() throws Exception {
        moves(1);
    }

    @Tag("long")
    @Test
    void theSameWithTwoControlPlanes() throws Exception {
        moves(2);
    }

    private void moves(int controlPlanes) throws Exception {
        String worker = "h" + (controlPlanes + 1);
        try (Rehearsal rehearsal = start(controlPlanes, List.of());
                Engine engine = runs.engine(rehearsal, SETTINGS)) {
            assertThat(runs.run(engine, rehearsal.cluster(), "apply").state()).isEqualTo("succeeded");
            Cluster vip = at(rehearsal.cluster(), Optional.of(VIP), VIP.hostAndPort());
            Ended refused = runs.run(engine, vip, "plan");
            assertThat(refused.state()).as(refused::details).isEqualTo("failed");
            assertThat(refused.details()).contains("a cluster with the endpoint 10.77.0.11:6443, the spec has 10.77.0.100:8443",
                    "caravan change-endpoint does, with the same spec");

            Ended moved = runs.run(engine, vip, "change-endpoint");

            assertThat(moved.state()).as(moved::details).isEqualTo("succeeded");
            assertThat(moved.changed()).as(moved::details).containsSubsequence("h1 control-plane-settings", "h1 cluster-config",
                    "h1 cluster-endpoint", "h1 node-endpoint", worker + " node-endpoint");
            for (String controlPlane : rehearsal.cluster().controlPlanes().stream().map(Host::name).toList()) {
                assertThat(moved.changed()).contains(controlPlane + " endpoint")
                        .containsSubsequence(controlPlane + " control-plane-settings", "h1 cluster-config",
                                controlPlane + " node-endpoint");
            }
            assertThat(moved.changed()).doesNotContain(worker + " endpoint", "h1 endpoint-alone");
            assertThat(moved.details()).doesNotContain("PRIVATE KEY", "client-key-data");
            assertThat(servers(rehearsal, "h1")).containsOnly("10.77.0.100:8443");
            assertThat(servers(rehearsal, worker)).containsExactly("10.77.0.100:8443");
            assertThat(shared(rehearsal, "cluster-configuration")).contains("controlPlaneEndpoint: 10.77.0.100:8443");
            assertThat(shared(rehearsal, "cluster-info-server")).isEqualTo("10.77.0.100:8443\n");
            assertThat(shared(rehearsal, "kube-proxy-server")).isEqualTo("10.77.0.100:8443\n");
            assertThat(shared(rehearsal, "kube-proxy-starts")).isEqualTo("https://10.77.0.100:8443\n");

            Ended again = runs.run(engine, vip, "change-endpoint");
            assertThat(again.state()).as(again::details).isEqualTo("succeeded");
            assertThat(again.changed()).as(again::details).isEmpty();
            Ended plan = runs.run(engine, vip, "plan");
            assertThat(plan.state()).as(plan::details).isEqualTo("succeeded");
            assertThat(plan.changed()).as(plan::details).isEmpty();
            if (controlPlanes > 1) {
                assertThat(runs.run(engine, vip, "apply").changed()).isEmpty();
            }
        }
    }

    @Tag("long")
    @Test
    void aNodeThatFailsLeavesAllAsItWas() throws Exception {
        try (Rehearsal rehearsal = start(2, List.of(Fault.parse("h3:node-endpoint:fail")));
                Engine engine = runs.engine(rehearsal, SETTINGS)) {
            Cluster spec = at(rehearsal.cluster(), Optional.empty(), FORMER);
            assertThat(runs.run(engine, spec, "apply").state()).isEqualTo("succeeded");
            Map<String, String> before = files(rehearsal);
            Cluster vip = at(rehearsal.cluster(), Optional.of(VIP), VIP.hostAndPort());

            Ended failed = runs.run(engine, vip, "change-endpoint");

            assertThat(failed.state()).as(failed::details).isEqualTo("rolled-back");
            assertThat(files(rehearsal)).isEqualTo(before);
            assertThat(shared(rehearsal, "cluster-configuration")).contains("controlPlaneEndpoint: 10.77.0.11:6443");
            assertThat(shared(rehearsal, "cluster-info-server")).isEqualTo("10.77.0.11:6443\n");
            assertThat(shared(rehearsal, "kube-proxy-server")).isEqualTo("10.77.0.11:6443\n");
            assertThat(shared(rehearsal, "kube-proxy-starts")).isEqualTo("https://10.77.0.100:8443\nnone\n");
            assertThat(rehearsal.roots().get("h1").resolve(".rehearsal/packages/keepalived")).doesNotExist();
            Ended plan = runs.run(engine, spec, "plan");
            assertThat(plan.changed()).as(plan::details).isEmpty();
        }
    }

    @Tag("long")
    @Test
    void fromAVirtualAddressToAHaproxyOnEachHostAndToAnAddressAgain() throws Exception {
        Cluster vip = at(cluster(), Optional.of(VIP), VIP.hostAndPort());
        try (Rehearsal rehearsal = Rehearsal.start(vip, List.of(), scratch.directory(), Rehearsal.Options.usual().withPace(0));
                Engine engine = runs.engine(rehearsal, SETTINGS)) {
            assertThat(runs.run(engine, rehearsal.cluster(), "apply").state()).isEqualTo("succeeded");
            Path first = rehearsal.roots().get("h1");
            Path third = rehearsal.roots().get("h3");

            Cluster local = at(rehearsal.cluster(), Optional.of(LOCAL), LOCAL.hostAndPort());
            Ended refused = runs.run(engine, local, "apply");
            assertThat(refused.details()).contains("apply does not move a running cluster to another endpoint");
            assertThat(first.resolve("etc/haproxy/haproxy.cfg")).content().contains("  bind *:8443\n");
            Ended moved = runs.run(engine, local, "change-endpoint");
            assertThat(moved.state()).as(moved::details).isEqualTo("succeeded");
            assertThat(moved.changed()).contains("h1 endpoint-alone", "h2 endpoint-alone", "h3 endpoint")
                    .doesNotContain("h3 endpoint-alone");
            assertThat(first.resolve("etc/haproxy/haproxy.cfg")).content().contains("  bind 127.0.0.1:8443\n").doesNotContain("*:8443");
            assertThat(first.resolve("etc/keepalived/keepalived.conf")).doesNotExist();
            assertThat(first.resolve(".rehearsal/units/keepalived.service/active")).doesNotExist();
            assertThat(servers(rehearsal, "h3")).containsExactly("127.0.0.1:8443");
            assertThat(runs.run(engine, local, "plan").changed()).isEmpty();

            Cluster address = at(rehearsal.cluster(), Optional.empty(), "10.77.0.12:6443");
            moved = runs.run(engine, address, "change-endpoint");
            assertThat(moved.state()).as(moved::details).isEqualTo("succeeded");
            assertThat(servers(rehearsal, "h3")).containsExactly("10.77.0.12:6443");
            assertThat(third.resolve("etc/haproxy/haproxy.cfg")).doesNotExist();
            assertThat(third.resolve(".rehearsal/units/haproxy.service/active")).doesNotExist();
            assertThat(runs.run(engine, address, "plan").changed()).isEmpty();
            assertThat(runs.run(engine, address, "change-endpoint").changed()).isEmpty();

            // each of these moves saved certificates
            moved = runs.run(engine, rehearsal.cluster(), "change-endpoint");
            assertThat(moved.state()).as(moved::details).isEqualTo("succeeded");
            Ended reset = runs.run(engine, rehearsal.cluster(), "reset");
            assertThat(reset.state()).as(reset::details).isEqualTo("succeeded");
            assertThat(first.resolve("var/lib/caravan")).doesNotExist();
            assertThat(first.resolve(".rehearsal/packages/haproxy")).doesNotExist();
            assertThat(first.resolve("etc/haproxy")).doesNotExist();
            assertThat(third.resolve("etc/haproxy")).doesNotExist();
        }
    }

    @Tag("long")
    @Test
    void withoutAClusterOrWithAnotherVersionNothingIsChanged() throws Exception {
        try (Rehearsal rehearsal = start(2, List.of()); Engine engine = runs.engine(rehearsal, SETTINGS)) {
            Cluster vip = at(rehearsal.cluster(), Optional.of(VIP), VIP.hostAndPort());
            Ended none = runs.run(engine, vip, "change-endpoint");
            assertThat(none.state()).as(none::details).isEqualTo("failed");
            assertThat(none.details()).contains("there is no cluster on this host whose endpoint could be changed");
            assertThat(none.changed()).isEmpty();
            assertThat(runs.run(engine, rehearsal.cluster(), "apply").state()).isEqualTo("succeeded");
            Cluster.Kubernetes plain = vip.kubernetes();
            Cluster newer = new Cluster(vip.name(), new Cluster.Kubernetes("1.37.3", plain.imageRepository(),
                    plain.controlPlaneEndpoint(), plain.endpoint(), plain.podSubnet(), plain.serviceSubnet(), plain.kubeadm(),
                    plain.upgrade()), vip.packages(), vip.runtime(), vip.network(), vip.hosts(), vip.onFailure());
            Ended upgrade = runs.run(engine, newer, "change-endpoint");
            assertThat(upgrade.state()).as(upgrade::details).isEqualTo("failed");
            assertThat(upgrade.details()).contains("kubeadm of this host is 1.37.2, the spec has 1.37.3");
            assertThat(upgrade.changed()).isEmpty();
        }
    }

    /** Servers of a host's kubeconfigs that are not the API server of the host itself, nor the rehearsal's own. */
    private static List<String> servers(Rehearsal rehearsal, String host) throws IOException {
        Path root = rehearsal.roots().get(host);
        String kubelet = Files.readString(root.resolve("etc/kubernetes/kubelet.conf"));
        Path admin = root.resolve("etc/kubernetes/admin.conf");
        Path copy = root.resolve("root/.kube/config");
        return Stream.of(Files.exists(admin) ? "" : kubelet, Files.exists(admin) ? Files.readString(admin) : "",
                        Files.exists(copy) ? Files.readString(copy) : "")
                .flatMap(String::lines).map(String::strip).filter(line -> line.startsWith("server: https://"))
                .map(line -> line.substring("server: https://".length())).filter(server -> !server.startsWith("localhost")
                        && !server.matches("127\\.0\\.0\\.1:(?!8443)\\d+.*"))
                .toList();
    }

    private static String shared(Rehearsal rehearsal, String name) throws IOException {
        return Files.readString(rehearsal.host("h1").root().getParent().resolveSibling("shared").resolve(name));
    }

    private static Map<String, String> files(Rehearsal rehearsal) throws IOException {
        Map<String, String> files = new TreeMap<>();
        for (Map.Entry<String, Path> host : rehearsal.roots().entrySet()) {
            for (String directory : WATCHED) {
                Path start = host.getValue().resolve(directory);
                if (Files.exists(start)) {
                    try (Stream<Path> all = Files.walk(start)) {
                        for (Path file : all.filter(Files::isRegularFile).toList()) {
                            files.put(host.getKey() + " " + host.getValue().relativize(file), Files.readString(file));
                        }
                    }
                }
            }
        }
        return files;
    }

    private static Cluster cluster() {
        return cluster(2);
    }

    private static Cluster cluster(int controlPlanes) {
        return Clusters.of(controlPlanes, 1, "1.37.2", Cluster.RuntimeName.CONTAINERD, Clusters.root());
    }

    private Rehearsal start(int controlPlanes, List<Fault> faults) throws Exception {
        Cluster plain = cluster(controlPlanes);
        Cluster undone = new Cluster(plain.name(), plain.kubernetes(), plain.packages(), plain.runtime(), plain.network(), plain.hosts(),
                Cluster.OnFailure.ROLLBACK);
        return Rehearsal.start(undone, faults, scratch.directory(), Rehearsal.Options.usual().withPace(0));
    }

    private static Cluster at(Cluster cluster, Optional<KeptEndpoint> kept, String endpoint) {
        Cluster.Kubernetes plain = cluster.kubernetes();
        Cluster.Kubernetes kubernetes = new Cluster.Kubernetes(plain.version(), plain.imageRepository(), endpoint, kept,
                plain.podSubnet(), plain.serviceSubnet(), plain.kubeadm(), plain.upgrade());
        return new Cluster(cluster.name(), kubernetes, cluster.packages(), cluster.runtime(), cluster.network(), cluster.hosts(),
                cluster.onFailure());
    }
}
