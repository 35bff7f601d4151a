package dev.caravan.rehearsal;

import static org.assertj.core.api.Assertions.assertThat;

import dev.caravan.engine.Engine;
import dev.caravan.spec.Cluster;
import dev.caravan.spec.Host;
import dev.caravan.spec.SpecReader;
import dev.caravan.testkit.Clusters;
import dev.caravan.workflow.Adoption;
import dev.caravan.testkit.RehearsedRuns;
import dev.caravan.testkit.RehearsedRuns.Ended;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Rehearsal: a cluster that the journal does not know is read into a spec, and what was found is never undone. */
class AdoptRehearsalTest {
    private static final Map<String, String> SETTINGS = Map.of("caravan.certificates.seconds", "3");

    @RegisterExtension
    final Scratch scratch = new Scratch();

    private final RehearsedRuns runs = new RehearsedRuns(scratch);

    @Tag("long")
    @Test
    void theSpecOfAForeignClusterHasAnEmptyPlanAndNothingThatWasFoundIsUndone() throws Exception {
        try (Rehearsal rehearsal = Rehearsal.start(Clusters.of(1, 1, "1.37.2", Cluster.RuntimeName.CONTAINERD, Clusters.root()), List.of(),
                scratch.directory(), Rehearsal.Options.usual().withPace(0))) {
            makeForeignCluster(rehearsal);
            Map<String, String> found = files(rehearsal);
            try (Engine engine = runs.engine(rehearsal::target, scratch.parent().resolve("data"), SETTINGS)) {
                Cluster asked = new Cluster("adopt-h1", rehearsal.cluster().kubernetes(), rehearsal.cluster().packages(),
                        rehearsal.cluster().runtime(), rehearsal.cluster().network(), rehearsal.cluster().hosts().subList(0, 1),
                        Cluster.OnFailure.ROLLBACK);
                Ended read = runs.run(engine, asked, "adopt");
                assertThat(read.state()).as(read::details).isEqualTo("succeeded");
                assertThat(files(rehearsal)).as("what adopt leaves as it is").isEqualTo(found);
                String text = Files.readString(Adoption.specOf(scratch.parent().resolve("data"), read.id()));
                Cluster adopted = reachable(rehearsal, SpecReader.read(text, "adopted"));
                assertThat(adopted.name()).isEqualTo("demo");
                assertThat(adopted.adopted()).containsExactlyInAnyOrder("h1", "h2");
                assertThat(adopted.hosts()).extracting(Host::name).containsExactly("h1", "h2");
                assertThat(adopted.hosts().get(1).labels()).containsExactly(Map.entry("site", "north"));
                assertThat(adopted.hosts().get(1).taints()).containsExactly("dedicated=batch:NoSchedule");
                assertThat(text).contains("maxPods: 60", "allocate-node-cidrs", "gpgKeys").doesNotContain("PRIVATE KEY", "node-role");

                Ended plan = runs.run(engine, adopted, "plan");
                assertThat(plan.state()).as(plan::details).isEqualTo("succeeded");
                assertThat(plan.changed()).as(plan::details).isEmpty();
                Ended apply = runs.run(engine, adopted, "apply");
                assertThat(apply.state()).as(apply::details).isEqualTo("succeeded");
                assertThat(apply.changed()).as(apply::details).isEmpty();
                assertThat(files(rehearsal)).isEqualTo(found);

                Ended failed = runs.run(engine, wrong(adopted), "apply");
                assertThat(failed.state()).as(failed::details).isEqualTo("rolled-back");
                assertThat(files(rehearsal)).as("after a rollback").isEqualTo(found);

                Ended reset = runs.run(engine, adopted, "reset");
                assertThat(reset.state()).as(reset::details).isEqualTo("refused");
                assertThat(reset.details()).contains("a reset would remove a cluster that Caravan did not make");
                assertThat(files(rehearsal)).isEqualTo(found);
            }
        }
    }

    @Test
    void aHostThatIsNoControlPlaneIsRefusedByName() throws Exception {
        try (Rehearsal rehearsal = Rehearsal.start(Clusters.of(1, 0, "1.37.2", Cluster.RuntimeName.CONTAINERD, Clusters.root()), List.of(),
                        scratch.directory(), Rehearsal.Options.usual().withPace(0));
                Engine engine = runs.engine(rehearsal::target, scratch.parent().resolve("data"), SETTINGS)) {
            Ended read = runs.run(engine, rehearsal.cluster(), "adopt");
            assertThat(read.state()).isEqualTo("failed");
            assertThat(read.details()).contains("there is no kubeadm on this host", "Name a control plane of the cluster");
        }
    }

    /** Made by another engine, whose journal is lost; without what Caravan alone would leave. */
    private void makeForeignCluster(Rehearsal rehearsal) throws Exception {
        Cluster.Kubernetes known = rehearsal.cluster().kubernetes();
        Cluster made = with(rehearsal.cluster(), new Cluster.Kubernetes(known.version(), known.imageRepository(),
                known.controlPlaneEndpoint(), known.endpoint(), known.podSubnet(), known.serviceSubnet(),
                Map.of("KubeletConfiguration", Map.of("maxPods", 60)), known.upgrade()));
        try (Engine engine = runs.engine(rehearsal::target, scratch.parent().resolve("before"), SETTINGS)) {
            assertThat(runs.run(engine, made, "apply").state()).isEqualTo("succeeded");
        }
        Path nodes = rehearsal.host("h1").root().getParent().resolveSibling("shared").resolve("nodes");
        Files.writeString(nodes.resolve("h2/labels"), "site=north\n", StandardOpenOption.APPEND);
        Files.writeString(nodes.resolve("h2/taints"), "dedicated=batch:NoSchedule\n", StandardOpenOption.APPEND);
        for (String host : List.of("h1", "h2")) {
            Path root = rehearsal.host(host).root();
            for (String file : List.of("etc/sysctl.d/90-caravan.conf", "etc/modules-load.d/caravan.conf", "root/.kube/config")) {
                Files.deleteIfExists(root.resolve(file));
            }
        }
    }

    /** The hosts' access is the rehearsal's. */
    private static Cluster reachable(Rehearsal rehearsal, Cluster read) {
        List<Host> hosts = read.hosts().stream().map(host -> new Host(host.name(), host.address(), host.roles(),
                rehearsal.cluster().hosts().get(0).ssh(), host.labels(), host.taints())).toList();
        return new Cluster(read.name(), read.kubernetes(), read.packages(), read.runtime(), read.network(), hosts, read.onFailure(),
                read.maxFailedHosts(), read.backup(), read.leaving(), read.leader(), read.proxy(), read.adopted());
    }

    private static Cluster wrong(Cluster cluster) {
        Cluster.Kubernetes known = cluster.kubernetes();
        Map<String, Map<String, Object>> kubeadm = new TreeMap<>(known.kubeadm());
        kubeadm.put("ClusterConfiguration", Map.of("apiServer", Map.of("extraArgs", Map.of("no-such-flag", "1")), "controllerManager",
                known.kubeadm().get("ClusterConfiguration").get("controllerManager")));
        return with(cluster, new Cluster.Kubernetes(known.version(), known.imageRepository(), known.controlPlaneEndpoint(),
                known.endpoint(), known.podSubnet(), known.serviceSubnet(), kubeadm, known.upgrade()));
    }

    private static Cluster with(Cluster cluster, Cluster.Kubernetes kubernetes) {
        return new Cluster(cluster.name(), kubernetes, cluster.packages(), cluster.runtime(), cluster.network(), cluster.hosts(),
                cluster.onFailure(), cluster.maxFailedHosts(), cluster.backup(), cluster.leaving(), cluster.leader(),
                cluster.proxy(), cluster.adopted());
    }

    /** What is in /etc, /root and /var/lib/kubelet of all hosts, and what the cluster keeps. */
    private static Map<String, String> files(Rehearsal rehearsal) throws IOException {
        Map<String, String> files = new TreeMap<>();
        for (String host : List.of("h1", "h2")) {
            for (String directory : List.of("etc", "root", "var/lib/kubelet")) {
                read(files, rehearsal.host(host).root().resolve(directory), host + "/" + directory);
            }
        }
        Path shared = rehearsal.host("h1").root().getParent().resolveSibling("shared");
        for (String name : List.of("cluster-configuration", "kubelet-configuration")) {
            files.put(name, Files.readString(shared.resolve(name)));
        }
        read(files, shared.resolve("nodes"), "nodes");
        return files;
    }

    private static void read(Map<String, String> into, Path directory, String name) throws IOException {
        try (Stream<Path> all = Files.walk(directory)) {
            for (Path file : all.filter(Files::isRegularFile).toList()) {
                into.put(name + "/" + directory.relativize(file), Files.readString(file));
            }
        }
    }
}
