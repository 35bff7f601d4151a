package dev.caravan.rehearsal;

import static org.assertj.core.api.Assertions.assertThat;

import dev.caravan.engine.Engine;
import dev.caravan.engine.EngineOptions;
import dev.caravan.history.Event;
import dev.caravan.history.Occurrence.StepEnded;
import dev.caravan.packages.Family;
import dev.caravan.run.TestActions;
import dev.caravan.spec.Cluster;
import dev.caravan.spec.Upgrade;
import dev.caravan.testkit.Clusters;
import dev.caravan.testkit.RehearsedRuns;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.BiConsumer;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Rehearsal: a changed version in the spec upgrades a running cluster. On real hosts {@code src/test/lab/upgrade} shows the same. */
class UpgradeRehearsalTest {
    private static final String KUBELET_THAT_DOES_NOT_START = "";
    private static final String AFTER_HOST = """
            - route:
                id: after-host
                description: Looks at each host once it is a node.
                routeConfigurationId: workflow-errors
                from:
                  uri: direct:after-host
                  steps:
                    - to: step:finicky
            """;
    private static final String FINICKY = """
            #!/bin/sh
            # Fails on h2 if its kubelet is 1.37.2.

            . "${CARAVAN_LIB:-$(dirname "$0")}/lib.sh"

            [ "$NODE_NAME" != h2 ] || [ "$(cat "$R/.rehearsal/packages/kubelet/version")" != 1.37.2 ] || fail "it is not to be"
            """;

    @RegisterExtension
    final Scratch scratch = new Scratch();

    private final RehearsedRuns runs = new RehearsedRuns(scratch);

    @Tag("long")
    @Test
    void controlPlanesComeFirstAndWorkersAreDrainedOnce() throws Exception {
        try (Rehearsal rehearsal =
                        start(Clusters.of(1, 2, "1.35.4", Cluster.RuntimeName.CONTAINERD, Clusters.root()), Family.YUM, List.of());
                Engine engine = runs.engine(rehearsal)) {
            assertThat(runs.run(engine, rehearsal.cluster(), TestActions.APPLY)).as(runs::details).isEqualTo("succeeded");
            rehearsal.offer("1.36.3");
            rehearsal.offer("1.37.2");
            Cluster newer = at(rehearsal.cluster(), "1.37.2", Map.of(36, "1.36.3"));

            runs.events().clear();
            assertThat(runs.run(engine, newer, TestActions.PLAN)).as(runs::details).isEqualTo("succeeded");
            assertThat(runs.changed()).contains("h1 upgrade-control-plane", "h2 upgrade-kubelet").doesNotContain("h1 kubeadm-init");
            assertThat(versions(rehearsal)).containsOnly(Map.entry("h1", "1.35.4"), Map.entry("h2", "1.35.4"), Map.entry("h3", "1.35.4"));

            runs.events().clear();
            assertThat(runs.run(engine, newer, TestActions.APPLY)).as(runs::details).isEqualTo("succeeded");
            assertThat(runs.changed()).filteredOn(step -> step.matches(".* (upgrade-.*|drain-node|uncordon-node)")).containsExactly(
                    "h1 upgrade-packages", "h1 upgrade-control-plane", "h1 drain-node", "h1 upgrade-kubelet", "h1 uncordon-node",
                    "h1 upgrade-packages", "h1 upgrade-control-plane", "h1 drain-node", "h1 upgrade-kubelet", "h1 uncordon-node",
                    "h2 upgrade-packages", "h2 drain-node", "h2 upgrade-kubelet", "h2 uncordon-node",
                    "h3 upgrade-packages", "h3 drain-node", "h3 upgrade-kubelet", "h3 uncordon-node");
            assertThat(versions(rehearsal)).containsOnly(Map.entry("h1", "1.37.2"), Map.entry("h2", "1.37.2"), Map.entry("h3", "1.37.2"));
            assertThat(rehearsal.roots().get("h1").resolve("etc/kubernetes/manifests/kube-apiserver.yaml")).content()
                    .contains("kube-apiserver:v1.37.2");

            runs.events().clear();
            assertThat(runs.run(engine, newer, TestActions.APPLY)).as(runs::details).isEqualTo("succeeded");
            assertThat(runs.changed()).isEmpty();

            runs.events().clear();
            assertThat(runs.run(engine, rehearsal.cluster(), TestActions.APPLY)).as(runs::details).isEqualTo("refused");

            assertThat(runs.run(engine, newer, TestActions.RESET)).as(runs::details).isEqualTo("succeeded");
            assertThat(rehearsal.roots().get("h1").resolve("etc/kubernetes")).doesNotExist();
            assertThat(rehearsal.roots().get("h2").resolve(".rehearsal/packages/kubelet")).doesNotExist();
        }
    }

    /** Lines as API servers print them. */
    @Tag("long")
    @Test
    void aPlanNamesTheApisInUseThatEachVersionOnTheWayRemoves() throws Exception {
        try (Rehearsal rehearsal =
                        start(Clusters.of(2, 0, "1.35.4", Cluster.RuntimeName.CONTAINERD, Clusters.root()), Family.APT, List.of());
                Engine engine = runs.engine(rehearsal)) {
            assertThat(runs.run(engine, rehearsal.cluster(), TestActions.APPLY)).as(runs::details).isEqualTo("succeeded");
            Cluster newer = at(rehearsal.cluster(), "1.37.2", Map.of(36, "1.36.3"));
            Path metrics = rehearsal.roots().get("h1").getParent().resolveSibling("shared").resolve("metrics");
            Files.writeString(metrics, """
                    # HELP apiserver_requested_deprecated_apis [STABLE] Gauge of deprecated APIs that have been requested
                    # TYPE apiserver_requested_deprecated_apis gauge
                    """ + requested("", "", "componentstatuses", "", "v1", 1) + requested("apps", "1.39", "things", "", "v1beta9", 1));
            runs.events().clear();
            assertThat(runs.run(engine, newer, TestActions.PLAN)).as(runs::details).isEqualTo("succeeded");
            assertThat(runs.notes()).contains(
                    "no API that Kubernetes 1.36 or 1.37 removes was requested since the API servers were started");

            Files.writeString(metrics, requested("resource.k8s.io", "1.36", "resourceclaims", "status", "v1beta1", 1)
                    + requested("policy", "1.36", "budgets", "", "v1beta1", 0) + requested("", "1.37", "endpoints", "", "v1", 1),
                    java.nio.file.StandardOpenOption.APPEND);
            runs.events().clear();
            assertThat(runs.run(engine, newer, TestActions.PLAN)).as(runs::details).isEqualTo("succeeded");
            assertThat(runs.notes()).anyMatch(note -> note.startsWith("Kubernetes 1.36 removes APIs that are in use: "
                            + "resource.k8s.io/v1beta1 resourceclaims/status (1.36). The audit log names who requests them"))
                    .anyMatch(note -> note.startsWith("Kubernetes 1.37 removes APIs that are in use: v1 endpoints (1.37). "))
                    .noneMatch(note -> note.contains("componentstatuses") || note.contains("policy") || note.contains("things"));
        }
    }

    @Test
    void aFirstUpgradeThatFailsIsRolledBack() throws Exception {
        try (Rehearsal rehearsal = start(Clusters.of(1, 0, "1.36.3", Cluster.RuntimeName.CONTAINERD, Clusters.root()), Family.APT,
                        List.of(Fault.parse("h1:upgrade-control-plane:fail*1")));
                Engine engine = runs.engine(rehearsal)) {
            assertThat(runs.run(engine, rehearsal.cluster(), TestActions.APPLY)).as(runs::details).isEqualTo("succeeded");
            Path sources = rehearsal.roots().get("h1").resolve("etc/apt/sources.list.d/kubernetes.list");
            String before = Files.readString(sources);
            rehearsal.offer("1.37.2");
            Cluster newer = at(rehearsal.cluster(), "1.37.2", Map.of());

            assertThat(runs.run(engine, newer, TestActions.APPLY)).as(runs::details).isEqualTo("rolled-back");
            assertThat(sources).hasContent(before.strip());
            assertThat(version(rehearsal, "h1", "kubeadm")).isEqualTo("1.36.3");
            assertThat(runs.run(engine, newer, TestActions.APPLY)).as(runs::details).isEqualTo("succeeded");
            assertThat(version(rehearsal, "h1", "kubeadm")).isEqualTo("1.37.2");
        }
    }

    @Tag("long")
    @Test
    void aWorkerThatFailsIsRestoredAloneAndTheNextRunUpgradesIt() throws Exception {
        aWorkerFails(Family.YUM, "h2:upgrade-kubelet:fail*1");
    }

    @Tag("long")
    @Test
    void theSameWithAptAndWhereTheFaultComesBeforeItsDrain() throws Exception {
        aWorkerFails(Family.APT, "h2:upgrade-packages:fail*1");
    }

    /** The kubelet is upgraded by then, and does not become Ready. */
    @Tag("long")
    @Test
    void theSameWithAptAfterItsKubeletWasUpgraded() throws Exception {
        aWorkerFails(Family.APT, KUBELET_THAT_DOES_NOT_START);
    }

    /** Its kubelet ends after the upgrade, and starts again as it was before. */
    @Tag("long")
    @Test
    void aWorkerThatFailsFirstWhenTheClusterIsVerifiedIsRestoredAlone() throws Exception {
        aWorkerFailsAfterItsUpgrade(Optional.empty(), "verify on h2", (rehearsal, event) -> {
            if (event.is(StepEnded.class) && event.step().equals(Optional.of("label-nodes"))) {
                Path kubelet = rehearsal.roots().get("h2").resolve(".rehearsal/units/kubelet.service/active");
                assertThat(kubelet.toFile().delete()).isTrue();
            }
        });
    }

    /** All hosts go through their own pipelines after the upgrade. */
    @Tag("long")
    @Test
    void aWorkerThatFailsInItsOwnPipelineAfterItsUpgradeIsRestoredAlone() throws Exception {
        Path routes = Files.createDirectories(scratch.parent().resolve("routes"));
        Files.createDirectories(routes.resolve("scripts"));
        Files.writeString(routes.resolve("after-host.camel.yaml"), AFTER_HOST);
        Files.writeString(routes.resolve("scripts/finicky.sh"), FINICKY);
        aWorkerFailsAfterItsUpgrade(Optional.of(routes), "finicky on h2", (rehearsal, event) -> { });
    }

    private void aWorkerFailsAfterItsUpgrade(Optional<Path> routes, String where, BiConsumer<Rehearsal, Event> during) throws Exception {
        Cluster three = Clusters.of(1, 2, "1.36.3", Cluster.RuntimeName.CONTAINERD, Clusters.root());
        try (Rehearsal rehearsal = start(three, Family.APT, List.of());
                Engine engine = runs.engine(new EngineOptions(runs.data(), routes, false, true, rehearsal::target,
                        Map.of("caravan.verify.seconds", "5")))) {
            assertThat(runs.run(engine, rehearsal.cluster(), TestActions.APPLY)).as(runs::details).isEqualTo("succeeded");
            Map<String, String> before = kubernetesOf(rehearsal, "h2");
            rehearsal.offer("1.37.2");
            Cluster newer = at(rehearsal.cluster(), "1.37.2", Map.of());
            runs.events().clear();
            try (AutoCloseable listening = engine.journal().listen(event -> during.accept(rehearsal, event))) {
                assertThat(runs.run(engine, newer, TestActions.APPLY)).as(runs::details).isEqualTo("partly");
            }
            assertThat(runs.details()).contains(where, "Rolled back: h2");
            assertThat(versions(rehearsal)).containsOnly(Map.entry("h1", "1.37.2"), Map.entry("h2", "1.36.3"), Map.entry("h3", "1.37.2"));
            assertThat(kubernetesOf(rehearsal, "h2")).as(runs::details).isEqualTo(before);
            assertThat(rehearsal.roots().get("h2").resolve(".rehearsal/units/kubelet.service/active")).exists();
            assertThat(rehearsal.roots().get("h2").getParent().resolveSibling("shared").resolve("nodes/h2/cordoned")).doesNotExist();
        }
    }

    private void aWorkerFails(Family family, String fault) throws Exception {
        boolean refuses = fault.equals(KUBELET_THAT_DOES_NOT_START);
        try (Rehearsal rehearsal = start(Clusters.of(1, 2, "1.36.3", Cluster.RuntimeName.CONTAINERD, Clusters.root()), family,
                        refuses ? List.of() : List.of(Fault.parse(fault)));
                Engine engine = runs.engine(rehearsal)) {
            assertThat(runs.run(engine, rehearsal.cluster(), TestActions.APPLY)).as(runs::details).isEqualTo("succeeded");
            Path refused = rehearsal.roots().get("h2").resolve(".rehearsal/kubelet-refuses");
            if (refuses) {
                Files.writeString(refused, "1.37.2\n");
            }
            Map<String, String> before = kubernetesOf(rehearsal, "h2");
            rehearsal.offer("1.37.2");
            Cluster newer = at(rehearsal.cluster(), "1.37.2", Map.of());

            runs.events().clear();
            assertThat(runs.run(engine, newer, TestActions.APPLY)).as(runs::details).isEqualTo("partly");
            assertThat(versions(rehearsal)).containsOnly(Map.entry("h1", "1.37.2"), Map.entry("h2", "1.36.3"), Map.entry("h3", "1.37.2"));
            assertThat(kubernetesOf(rehearsal, "h2")).as(runs::details).isEqualTo(before);
            assertThat(runs.details()).contains("Rolled back: h2");
            assertThat(rehearsal.roots().get("h2").getParent().resolveSibling("shared").resolve("nodes/h2/cordoned")).doesNotExist();

            Files.deleteIfExists(refused);
            runs.events().clear();
            assertThat(runs.run(engine, newer, TestActions.APPLY)).as(runs::details).isEqualTo("succeeded");
            assertThat(runs.changed()).filteredOn(step -> step.endsWith(" drain-node")).containsExactly("h2 drain-node");
            assertThat(versions(rehearsal)).containsOnly(Map.entry("h1", "1.37.2"), Map.entry("h2", "1.37.2"), Map.entry("h3", "1.37.2"));

            assertThat(runs.run(engine, newer, TestActions.RESET)).as(runs::details).isEqualTo("succeeded");
            assertThat(rehearsal.roots().get("h2").resolve("var/lib/caravan")).doesNotExist();
            assertThat(rehearsal.roots().get("h2").resolve(".rehearsal/packages/kubelet")).doesNotExist();
        }
    }

    /** With onFailure keep, nothing is undone; the same command resumes. */
    @Tag("long")
    @Test
    void aWorkerThatFailsAndIsKeptStopsNoOther() throws Exception {
        try (Rehearsal rehearsal = Rehearsal.start(Clusters.of(1, 2, "1.36.3", Cluster.RuntimeName.CONTAINERD, Clusters.root()),
                        List.of(Fault.parse("h2:upgrade-kubelet:fail*1")), scratch.directory(),
                        Rehearsal.Options.usual().withFamily(Family.YUM).withPace(0));
                Engine engine = runs.engine(rehearsal)) {
            assertThat(runs.run(engine, rehearsal.cluster(), TestActions.APPLY)).as(runs::details).isEqualTo("succeeded");
            rehearsal.offer("1.37.2");
            Cluster newer = at(rehearsal.cluster(), "1.37.2", Map.of());

            runs.events().clear();
            assertThat(runs.run(engine, newer, TestActions.APPLY)).as(runs::details).isEqualTo("failed");
            assertThat(versions(rehearsal)).containsOnly(Map.entry("h1", "1.37.2"), Map.entry("h2", "1.36.3"), Map.entry("h3", "1.37.2"));
            assertThat(runs.changed()).contains("h2 uncordon-node");

            runs.events().clear();
            assertThat(runs.run(engine, newer, TestActions.APPLY)).as(runs::details).isEqualTo("succeeded");
            assertThat(runs.changed()).filteredOn(step -> step.endsWith(" drain-node")).containsExactly("h2 drain-node");
            assertThat(versions(rehearsal)).containsOnly(Map.entry("h1", "1.37.2"), Map.entry("h2", "1.37.2"), Map.entry("h3", "1.37.2"));
        }
    }

    /** What an upgrade changes on a worker: packages, repositories, the kubelet's configuration. */
    private static Map<String, String> kubernetesOf(Rehearsal rehearsal, String host) throws Exception {
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

    private static String requested(String group, String release, String resource, String part, String version, int count) {
        return ("apiserver_requested_deprecated_apis{group=\"%s\",removed_release=\"%s\",resource=\"%s\","
                + "subresource=\"%s\",version=\"%s\"} %d%n").formatted(group, release, resource, part, version, count);
    }

    private Rehearsal start(Cluster cluster, Family family, List<Fault> faults) throws Exception {
        return Rehearsal.start(Clusters.rolledBack(cluster), faults, scratch.directory(),
                Rehearsal.Options.usual().withFamily(family).withPace(0));
    }

    private static Cluster at(Cluster cluster, String version, Map<Integer, String> via) {
        Cluster.Kubernetes known = cluster.kubernetes().at(version);
        Cluster.Kubernetes kubernetes = new Cluster.Kubernetes(version, known.imageRepository(), known.controlPlaneEndpoint(),
                known.endpoint(),
                known.podSubnet(), known.serviceSubnet(), known.kubeadm(),
                new Upgrade(via, Upgrade.DEFAULT.maxUnavailable(), Upgrade.DEFAULT.drain()));
        return new Cluster(cluster.name(), kubernetes, cluster.packages(), cluster.runtime(), cluster.network(), cluster.hosts(),
                cluster.onFailure());
    }

    /** By node, the version of the kubelet that runs. */
    private static Map<String, String> versions(Rehearsal rehearsal) throws Exception {
        Map<String, String> versions = new TreeMap<>();
        for (String host : rehearsal.roots().keySet()) {
            Path node = rehearsal.roots().get(host).getParent().resolveSibling("shared").resolve("nodes").resolve(host);
            versions.put(host, Files.readString(node.resolve("version")).strip());
        }
        return versions;
    }

    private static String version(Rehearsal rehearsal, String host, String name) throws Exception {
        return Files.readString(rehearsal.roots().get(host).resolve(".rehearsal/packages").resolve(name).resolve("version")).strip();
    }
}
