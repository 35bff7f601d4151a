package dev.caravan.rehearsal;

import static org.assertj.core.api.Assertions.assertThat;

import dev.caravan.engine.Engine;
import dev.caravan.history.Finding;
import dev.caravan.history.Occurrence.RunEnded;
import dev.caravan.packages.Family;
import dev.caravan.spec.Cluster;
import dev.caravan.spec.Cluster.OnFailure;
import dev.caravan.spec.Cluster.RuntimeName;
import dev.caravan.testkit.Clusters;
import dev.caravan.testkit.RehearsedRuns;
import dev.caravan.testkit.RehearsedRuns.Ended;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Rehearsal: nodes move from Docker to containerd. On real hosts {@code src/test/lab/runtime} shows the same. */
class RuntimeRehearsalTest {
    private static final String FLAGS = "var/lib/kubelet/kubeadm-flags.env";

    @RegisterExtension
    final Scratch scratch = new Scratch();

    private final RehearsedRuns runs = new RehearsedRuns(scratch);

    @Tag("long")
    @Test
    void controlPlanesMoveOneByOneThenWorkersAndASecondApplyChangesNothing() throws Exception {
        try (Rehearsal rehearsal = start(2, 1, List.of()); Engine engine = runs.engine(rehearsal)) {
            Map<String, Path> roots = rehearsal.roots();
            assertSucceeded(runs.run(engine, rehearsal.cluster(), "apply"));
            assertThat(runtimes(rehearsal)).containsOnly(Map.entry("h1", "docker"), Map.entry("h2", "docker"), Map.entry("h3", "docker"));
            Cluster wanted = with(rehearsal.cluster(), RuntimeName.CONTAINERD, OnFailure.ROLLBACK);

            Ended refused = runs.run(engine, wanted, "apply");
            assertThat(refused.state()).isEqualTo("refused");
            assertThat(findings(refused)).singleElement().satisfies(finding -> {
                assertThat(finding.hosts()).containsExactly("h1", "h2", "h3");
                assertThat(finding.problem()).isEqualTo("the node's pods run on docker, and the spec says runtime.name: containerd");
                assertThat(finding.remedy()).endsWith("caravan migrate-runtime -f SPEC");
            });
            assertThat(findings(runs.run(engine, rehearsal.cluster(), "migrate-runtime")).get(0).problem())
                    .startsWith("the spec says runtime.name: docker");
            assertThat(findings(runs.run(engine, wanted.at("1.24.1"), "migrate-runtime"))).extracting(Finding::problem)
                    .anyMatch(problem -> problem.contains("cri-dockerd"));

            Ended migrated = runs.run(engine, wanted, "migrate-runtime");
            assertSucceeded(migrated);
            assertThat(migrated.changed()).filteredOn(step -> step.matches(".* (drain|uncordon)-node|.*kubelet-runtime")).containsExactly(
                    "h1 drain-node", "h1 kubelet-runtime", "h1 uncordon-node", "h2 drain-node", "h2 kubelet-runtime", "h2 uncordon-node",
                    "h3 drain-node", "h3 kubelet-runtime", "h3 uncordon-node");
            assertThat(runtimes(rehearsal).values()).containsOnly("containerd");
            for (Path root : roots.values()) {
                assertThat(root.resolve(FLAGS)).hasContent("KUBELET_KUBEADM_ARGS=\"--container-runtime=remote "
                        + "--container-runtime-endpoint=/run/containerd/containerd.sock\"");
                assertThat(root.resolve(".rehearsal/units/docker.service/active")).doesNotExist();
                assertThat(root.resolve(".rehearsal/units/docker.service/enabled")).doesNotExist();
            }
            assertThat(nodes(rehearsal).resolve("h2/cri-socket")).hasContent("/run/containerd/containerd.sock");

            Ended again = runs.run(engine, wanted, "apply");
            assertSucceeded(again);
            assertThat(again.changed()).isEmpty();
            assertThat(runs.run(engine, wanted, "migrate-runtime").changed()).isEmpty();

            Ended back = runs.run(engine, wanted, "rollback-run", Map.of("run", migrated.id()));
            assertSucceeded(back);
            assertThat(runtimes(rehearsal).values()).containsOnly("docker");
            Ended former = runs.run(engine, rehearsal.cluster(), "apply");
            assertSucceeded(former);
            assertThat(former.changed()).isEmpty();
        }
    }

    @Tag("long")
    @Test
    void aNodeThatCannotMoveGoesBackToDockerAndTheSameCommandContinues() throws Exception {
        try (Rehearsal rehearsal = start(1, 2, List.of(Fault.parse("h2:kubelet-runtime:fail"))); Engine engine = runs.engine(rehearsal)) {
            Cluster wanted = with(rehearsal.cluster(), RuntimeName.CONTAINERD, OnFailure.ROLLBACK);
            assertSucceeded(runs.run(engine, rehearsal.cluster(), "apply"));
            Map<String, byte[]> before = Map.of(FLAGS, Files.readAllBytes(rehearsal.roots().get("h2").resolve(FLAGS)));

            Ended partly = runs.run(engine, wanted, "migrate-runtime");
            assertThat(partly.state()).as(partly.details()).isEqualTo("partly");
            assertThat(runtimes(rehearsal))
                    .containsOnly(Map.entry("h1", "containerd"), Map.entry("h2", "docker"), Map.entry("h3", "containerd"));
            assertThat(Files.readAllBytes(rehearsal.roots().get("h2").resolve(FLAGS))).isEqualTo(before.get(FLAGS));
            assertThat(rehearsal.roots().get("h2").resolve(".rehearsal/units/docker.service/active")).exists();
            assertThat(nodes(rehearsal).resolve("h2/cordoned")).doesNotExist();
        }
    }

    private static void assertSucceeded(Ended ended) {
        assertThat(ended.state()).as(ended.details()).isEqualTo("succeeded");
    }

    private Rehearsal start(int controlPlanes, int workers, List<Fault> faults) throws IOException {
        return Rehearsal.start(Clusters.of(controlPlanes, workers, "1.20.5", RuntimeName.DOCKER, Clusters.root()), faults,
                scratch.directory(), Rehearsal.Options.usual().withFamily(Family.YUM).withPace(0));
    }

    @Tag("long")
    @Test
    void aNewerVersionInTheSpecIsInstalledOnDrainedNodesOneAfterTheOther() throws Exception {
        aNewerVersionIsInstalled(Family.APT);
    }

    @Tag("long")
    @Test
    void theSameWithYum() throws Exception {
        aNewerVersionIsInstalled(Family.YUM);
    }

    private void aNewerVersionIsInstalled(Family family) throws Exception {
        try (Rehearsal rehearsal = Rehearsal.start(Clusters.of(1, 1, "1.37.2", RuntimeName.CONTAINERD, Clusters.root()), List.of(),
                        scratch.directory(), new Rehearsal.Options(family, Map.of(), 0));
                Engine engine = runs.engine(rehearsal)) {
            assertSucceeded(runs.run(engine, rehearsal.cluster(), "apply"));
            String before = containerd(rehearsal, "h2");
            for (Path root : rehearsal.roots().values()) {
                Files.writeString(root.resolve(".rehearsal/runtime"), "containerd 2.4.2\n");
            }
            Cluster newer = withRuntimeVersion(rehearsal.cluster(), "2.4.2");

            List<String> work = List.of("h1 drain-node", "h1 runtime-install", "h1 uncordon-node",
                    "h2 drain-node", "h2 runtime-install", "h2 uncordon-node");
            assertThat(runs.run(engine, newer, "plan").changed())
                    .containsExactly("h1 drain-node", "h1 runtime-install", "h2 drain-node", "h2 runtime-install");
            assertThat(containerd(rehearsal, "h2")).isEqualTo(before);
            Ended upgraded = runs.run(engine, newer, "apply");
            assertSucceeded(upgraded);
            assertThat(upgraded.changed()).containsSubsequence(work);
            assertThat(runs.details()).contains("upgrade containerd.io from 1.6.20 to 2.4.2");
            assertThat(containerd(rehearsal, "h1")).isEqualTo("2.4.2").isEqualTo(containerd(rehearsal, "h2"));

            Ended again = runs.run(engine, newer, "apply");
            assertSucceeded(again);
            assertThat(again.changed()).isEmpty();
            Ended older = runs.run(engine, withRuntimeVersion(rehearsal.cluster(), "1.6.20"), "apply");
            assertThat(older.state()).isNotEqualTo("succeeded");
            assertThat(runs.details()).contains("containerd.io 2.4.2 is installed, the spec asks for the older 1.6.20");
            assertThat(containerd(rehearsal, "h2")).isEqualTo("2.4.2");
        }
    }

    private static String containerd(Rehearsal rehearsal, String host) throws IOException {
        return Files.readString(rehearsal.roots().get(host).resolve(".rehearsal/packages/containerd.io/version")).strip();
    }

    private static Cluster withRuntimeVersion(Cluster cluster, String version) {
        return new Cluster(cluster.name(), cluster.kubernetes(), cluster.packages(),
                new Cluster.Runtime(RuntimeName.CONTAINERD, Optional.of(version), cluster.runtime().insecureRegistries()),
                cluster.network(), cluster.hosts(), cluster.onFailure());
    }

    private static Cluster with(Cluster cluster, RuntimeName runtime, OnFailure onFailure) {
        return new Cluster(cluster.name(), cluster.kubernetes(), cluster.packages(),
                new Cluster.Runtime(runtime, Optional.empty(), cluster.runtime().insecureRegistries()), cluster.network(), cluster.hosts(),
                onFailure);
    }

    private static List<Finding> findings(Ended ended) {
        return ended.events().get(ended.events().size() - 1).as(RunEnded.class).orElseThrow().findings();
    }

    private static Path nodes(Rehearsal rehearsal) {
        return rehearsal.roots().get("h1").getParent().resolveSibling("shared/nodes");
    }

    private static Map<String, String> runtimes(Rehearsal rehearsal) throws IOException {
        Map<String, String> runtimes = new TreeMap<>();
        for (String host : rehearsal.roots().keySet()) {
            runtimes.put(host, Files.readString(nodes(rehearsal).resolve(host).resolve("runtime")).strip());
        }
        return runtimes;
    }
}
