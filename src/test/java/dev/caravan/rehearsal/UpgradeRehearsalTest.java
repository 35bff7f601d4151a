package dev.caravan.rehearsal;

import static org.assertj.core.api.Assertions.assertThat;

import dev.caravan.engine.Engine;
import dev.caravan.packages.Family;
import dev.caravan.run.TestActions;
import dev.caravan.spec.Cluster;
import dev.caravan.testkit.Clusters;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Rehearsal: a changed version in the spec upgrades a running cluster. On real hosts {@code src/test/lab/upgrade} shows the same. */
class UpgradeRehearsalTest extends RehearsedUpgrades {
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

    private static String requested(String group, String release, String resource, String part, String version, int count) {
        return ("apiserver_requested_deprecated_apis{group=\"%s\",removed_release=\"%s\",resource=\"%s\","
                + "subresource=\"%s\",version=\"%s\"} %d%n").formatted(group, release, resource, part, version, count);
    }
}
