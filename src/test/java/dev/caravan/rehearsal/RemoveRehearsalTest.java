package dev.caravan.rehearsal;

import static org.assertj.core.api.Assertions.assertThat;

import dev.caravan.engine.Engine;
import dev.caravan.history.Occurrence.RunEnded;
import dev.caravan.packages.Family;
import dev.caravan.run.TestActions;
import dev.caravan.spec.Cluster;
import dev.caravan.spec.Host;
import dev.caravan.spec.Host.State;
import dev.caravan.spec.SshAccess;
import dev.caravan.ssh.SshTarget;
import dev.caravan.testkit.Clusters;
import dev.caravan.testkit.RehearsedRuns;
import java.io.IOException;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Rehearsal: hosts leave a cluster, and come back. On real hosts {@code src/test/lab/remove} shows the same. */
class RemoveRehearsalTest {
    private static final String UNDONE = "Undone and deleted in this order";

    @RegisterExtension
    final Scratch scratch = new Scratch();

    private final RehearsedRuns runs = new RehearsedRuns(scratch);
    private final Set<String> unplugged = ConcurrentHashMap.newKeySet();

    @Tag("long")
    @Test
    void anAbsentWorkerIsDrainedRestoredAndForgotten() throws Exception {
        try (Rehearsal rehearsal = start(1, 2, List.of()); Engine engine = runs.engine(target(rehearsal), runs.data(), Map.of())) {
            Map<String, String> before = files(rehearsal, "h3");
            assertThat(runs.run(engine, rehearsal.cluster(), TestActions.APPLY)).as(runs::details).isEqualTo("succeeded");
            Cluster without = with(rehearsal.cluster(), State.ABSENT, "h3");

            runs.events().clear();
            assertThat(runs.run(engine, without, TestActions.PLAN)).as(runs::details).isEqualTo("succeeded");
            assertThat(runs.changed()).contains("h3 drain-node", "h3 remove-host", "h3 forget-node");
            assertThat(nodes(rehearsal)).containsExactly("h1", "h2", "h3");
            assertThat(rehearsal.roots().get("h3").resolve("etc/kubernetes/kubelet.conf")).exists();

            runs.events().clear();
            assertThat(runs.run(engine, without, TestActions.APPLY)).as(runs::details).isEqualTo("succeeded");
            assertThat(runs.changed()).as(UNDONE).startsWith("h3 drain-node").contains("h3 undo-kubeadm-join").endsWith("h3 forget-node");
            assertThat(runs.changed()).allMatch(step -> step.startsWith("h3 "));
            assertThat(nodes(rehearsal)).containsExactly("h1", "h2");
            assertThat(files(rehearsal, "h3")).isEqualTo(before);

            runs.events().clear();
            unplugged.add("h3");
            assertThat(runs.run(engine, without, TestActions.APPLY)).as(runs::details).isEqualTo("succeeded");
            assertThat(runs.changed()).isEmpty();

            unplugged.clear();
            runs.events().clear();
            assertThat(runs.run(engine, rehearsal.cluster(), TestActions.APPLY)).as(runs::details).isEqualTo("succeeded");
            assertThat(runs.changed()).contains("h3 kubeadm-join");
            assertThat(nodes(rehearsal)).containsExactly("h1", "h2", "h3");
        }
    }

    @Tag("long")
    @Test
    void anAbsentWorkerThatCannotBeReachedIsRefusedWhileTheClusterHasIt() throws Exception {
        try (Rehearsal rehearsal = start(1, 1, List.of()); Engine engine = runs.engine(target(rehearsal), runs.data(), Map.of())) {
            assertThat(runs.run(engine, rehearsal.cluster(), TestActions.APPLY)).as(runs::details).isEqualTo("succeeded");
            unplugged.add("h2");

            assertThat(runs.run(engine, with(rehearsal.cluster(), State.ABSENT, "h2"), TestActions.APPLY))
                    .as(runs::details).isEqualTo("refused");
            assertThat(findings()).contains("still in the cluster, and could not be looked at").contains("write state: lost");
            assertThat(nodes(rehearsal)).containsExactly("h1", "h2");
        }
    }

    @Tag("long")
    @Test
    void aResetAlsoResetsAHostThatWasNotRemovedYet() throws Exception {
        try (Rehearsal rehearsal = start(1, 1, List.of()); Engine engine = runs.engine(target(rehearsal), runs.data(), Map.of())) {
            Map<String, String> before = files(rehearsal, "h2");
            assertThat(runs.run(engine, rehearsal.cluster(), TestActions.APPLY)).as(runs::details).isEqualTo("succeeded");

            assertThat(runs.run(engine, with(rehearsal.cluster(), State.ABSENT, "h2"), TestActions.RESET))
                    .as(runs::details).isEqualTo("succeeded");
            assertThat(files(rehearsal, "h2")).isEqualTo(before);

            unplugged.add("h2");
            assertThat(runs.run(engine, with(rehearsal.cluster(), State.ABSENT, "h2"), TestActions.RESET))
                    .as(runs::details).isEqualTo("succeeded");
        }
    }

    @Tag("long")
    @Test
    void aRemovalThatFailsIsContinuedByTheSameCommand() throws Exception {
        try (Rehearsal rehearsal = start(1, 1, List.of(Fault.parse("h1:drain-node:fail*1"), Fault.parse("h1:forget-node:fail*1")));
                Engine engine = runs.engine(target(rehearsal), runs.data(), Map.of())) {
            Map<String, String> before = files(rehearsal, "h2");
            assertThat(runs.run(engine, rehearsal.cluster(), TestActions.APPLY)).as(runs::details).isEqualTo("succeeded");
            Cluster without = with(rehearsal.cluster(), State.ABSENT, "h2");

            assertThat(runs.run(engine, without, TestActions.APPLY)).as(runs::details).isEqualTo("failed");
            assertThat(shared(rehearsal).resolve("nodes/h2/cordoned")).as("it stays, and takes pods").doesNotExist();
            assertThat(rehearsal.roots().get("h2").resolve("etc/kubernetes/kubelet.conf")).exists();

            assertThat(runs.run(engine, without, TestActions.APPLY)).as(runs::details).isEqualTo("failed");
            assertThat(runs.changed()).contains("h2 undo-kubeadm-join");
            assertThat(nodes(rehearsal)).containsExactly("h1", "h2");

            runs.events().clear();
            assertThat(runs.run(engine, without, TestActions.APPLY)).as(runs::details).isEqualTo("succeeded");
            assertThat(runs.changed()).containsExactly("h2 forget-node");
            assertThat(nodes(rehearsal)).containsExactly("h1");
            assertThat(files(rehearsal, "h2")).isEqualTo(before);
        }
    }

    @Tag("long")
    @Test
    void controlPlanesLeaveOneAfterTheOtherTheFirstOneToo() throws Exception {
        try (Rehearsal rehearsal = start(3, 1, List.of()); Engine engine = runs.engine(target(rehearsal), runs.data(), Map.of())) {
            Map<String, String> before = files(rehearsal, "h1");
            assertThat(runs.run(engine, rehearsal.cluster(), TestActions.APPLY)).as(runs::details).isEqualTo("succeeded");
            Cluster without = with(rehearsal.cluster(), State.ABSENT, "h1");

            runs.events().clear();
            assertThat(runs.run(engine, without, TestActions.APPLY)).as(runs::details).isEqualTo("succeeded");
            assertThat(runs.changed()).as(UNDONE).startsWith("h1 drain-node", "h1 remove-etcd-member").contains("h1 undo-kubeadm-init")
                    .endsWith("h1 forget-node").allMatch(step -> step.startsWith("h1 "));
            assertThat(runs.notes()).anyMatch(note -> note.startsWith("backup "))
                    .anyMatch(note -> note.contains("etcd will have 2 members, of which none may fail; now it has 3, of which 1 may"));
            assertThat(nodes(rehearsal)).containsExactly("h2", "h3", "h4");
            assertThat(shared(rehearsal).resolve("etcd-leader")).as("it led").content().containsPattern("^h[23]$");
            assertThat(files(rehearsal, "h1")).isEqualTo(before);

            runs.events().clear();
            assertThat(runs.run(engine, rehearsal.cluster(), TestActions.APPLY)).as(runs::details).isEqualTo("succeeded");
            assertThat(runs.changed()).as("it joins those that are there").contains("h1 kubeadm-join").doesNotContain("h1 kubeadm-init");
            assertThat(nodes(rehearsal)).containsExactly("h1", "h2", "h3", "h4");

            assertThat(runs.run(engine, rehearsal.cluster(), TestActions.RESET)).as(runs::details).isEqualTo("succeeded");
            assertThat(rehearsal.roots().get("h2").resolve("etc/kubernetes")).doesNotExist();
        }
    }

    @Tag("long")
    @Test
    void aControlPlaneStaysIfEtcdWouldLoseItsQuorum() throws Exception {
        try (Rehearsal rehearsal = start(3, 0, List.of()); Engine engine = runs.engine(target(rehearsal), runs.data(), Map.of())) {
            assertThat(runs.run(engine, rehearsal.cluster(), TestActions.APPLY)).as(runs::details).isEqualTo("succeeded");
            powerOff(rehearsal, "h1");

            runs.events().clear();
            assertThat(runs.run(engine, with(rehearsal.cluster(), State.ABSENT, "h3"), TestActions.APPLY))
                    .as(runs::details).isEqualTo("refused");
            assertThat(findings()).contains("etcd would lose its quorum: it has 3 members, 2 of them healthy (not h1). "
                    + "Without h3, 2 would be left, 1 of them healthy, and 2 are needed");
            assertThat(nodes(rehearsal)).containsExactly("h1", "h2", "h3");
        }
    }

    @Tag("long")
    @Test
    void aLostControlPlaneIsForgottenAndAnotherMachineTakesItsPlace() throws Exception {
        try (Rehearsal rehearsal = start(3, 0, List.of()); Engine engine = runs.engine(target(rehearsal), runs.data(), Map.of())) {
            assertThat(runs.run(engine, rehearsal.cluster(), TestActions.APPLY)).as(runs::details).isEqualTo("succeeded");
            Cluster lost = with(rehearsal.cluster(), State.LOST, "h1");

            runs.events().clear();
            assertThat(runs.run(engine, lost, TestActions.APPLY)).as("it runs").isEqualTo("refused");
            assertThat(findings()).contains("lost in the spec, but it answers, and it is part of the cluster");

            powerOff(rehearsal, "h1");
            runs.events().clear();
            assertThat(runs.run(engine, lost, TestActions.APPLY)).as(runs::details).isEqualTo("succeeded");
            assertThat(runs.changed()).containsExactly("h1 taint-lost-node", "h1 remove-etcd-member", "h1 forget-node");
            assertThat(nodes(rehearsal)).containsExactly("h2", "h3");

            reinstall(rehearsal, "h1");
            runs.events().clear();
            assertThat(runs.run(engine, lost, TestActions.APPLY)).as(runs::details).isEqualTo("succeeded");
            assertThat(runs.changed()).as("a machine that is no member is left alone").isEmpty();

            assertThat(runs.run(engine, rehearsal.cluster(), TestActions.APPLY)).as(runs::details).isEqualTo("succeeded");
            assertThat(runs.changed()).contains("h1 kube-install", "h1 kubeadm-join").doesNotContain("h1 kubeadm-init");
            assertThat(nodes(rehearsal)).containsExactly("h1", "h2", "h3");
        }
    }

    // ---- hosts

    private Rehearsal start(int controlPlanes, int workers, List<Fault> faults) throws Exception {
        Cluster plain = Clusters.of(controlPlanes, workers, "1.36.3", Cluster.RuntimeName.CONTAINERD, Clusters.root());
        Cluster.Kubernetes known = plain.kubernetes();
        Cluster.Kubernetes kubernetes = new Cluster.Kubernetes(known.version(), known.imageRepository(), "10.77.0.100:6443",
                known.endpoint(), known.podSubnet(), known.serviceSubnet(), known.kubeadm(), known.upgrade());
        Cluster cluster = new Cluster(plain.name(), kubernetes, plain.packages(), plain.runtime(), plain.network(), plain.hosts(),
                Cluster.OnFailure.ROLLBACK);
        return Rehearsal.start(cluster, faults, scratch.directory(), Rehearsal.Options.usual().withFamily(Family.APT).withPace(0));
    }

    private Function<Host, SshTarget> target(Rehearsal rehearsal) {
        return host -> unplugged.contains(host.name()) ? closed(rehearsal.target(host)) : rehearsal.target(host);
    }

    /** The same with a port at which nobody listens. */
    private static SshTarget closed(SshTarget target) {
        SshAccess access = target.access();
        try (ServerSocket socket = new ServerSocket(0)) {
            return new SshTarget(target.host(), new SshAccess(access.user(), socket.getLocalPort(), access.privateKey(),
                    access.passphrase(), access.password(), access.sudoPassword(), access.knownHosts(), access.hostKey(),
                    access.hostKeyCheck(), access.agent(), access.proxyJump(), access.connectTimeout(), access.keepAlive()));
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    private void powerOff(Rehearsal rehearsal, String host) throws Exception {
        unplugged.add(host);
        Files.deleteIfExists(rehearsal.roots().get(host).resolve(".rehearsal/units/kubelet.service/active"));
    }

    /** What the cluster put on that host is gone with its disk. */
    private void reinstall(Rehearsal rehearsal, String host) throws Exception {
        Path root = rehearsal.roots().get(host);
        for (String place : List.of("etc/kubernetes", "var/lib/kubelet", "var/lib/etcd", "root/.kube", "proc/2379", "etc/caravan",
                "etc/cni", ".rehearsal/packages/kubelet", ".rehearsal/packages/kubeadm", ".rehearsal/packages/kubectl")) {
            Rehearsal.delete(root.resolve(place));
        }
        unplugged.remove(host);
    }

    private static Cluster with(Cluster cluster, State state, String... names) {
        List<String> leaving = List.of(names);
        List<Host> gone = cluster.hosts().stream().filter(host -> leaving.contains(host.name()))
                .map(host -> new Host(host.name(), host.address(), host.roles(), host.ssh(), host.labels(), host.taints(), state)).toList();
        return cluster.withHosts(cluster.hosts().stream().filter(host -> !leaving.contains(host.name())).toList(), gone);
    }

    private static Path shared(Rehearsal rehearsal) {
        return rehearsal.roots().get("h1").getParent().resolveSibling("shared");
    }

    private static List<String> nodes(Rehearsal rehearsal) throws Exception {
        try (var nodes = Files.list(shared(rehearsal).resolve("nodes"))) {
            return nodes.filter(node -> Files.exists(node.resolve("joined"))).map(node -> node.getFileName().toString()).sorted().toList();
        }
    }

    /** By path, the content of the host's configuration and of its packages' records. */
    private static Map<String, String> files(Rehearsal rehearsal, String host) throws Exception {
        Path root = rehearsal.roots().get(host);
        try (var files = Files.walk(root.resolve("etc"))) {
            return files.filter(Files::isRegularFile).collect(Collectors.toMap(file -> root.relativize(file).toString(), file -> {
                try {
                    return Files.readString(file);
                } catch (IOException e) {
                    return "unreadable";
                }
            }));
        }
    }

    // ---- runs

    private String findings() {
        return runs.events().stream().flatMap(event -> event.as(RunEnded.class).stream())
                .map(end -> end.findings().toString()).collect(Collectors.joining("\n"));
    }
}
